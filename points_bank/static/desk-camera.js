// Reads the code on a card or a phone, with the camera or from a photo. Loaded only when one of them is asked for.
"use strict";

(() => {
  const { BarcodeDetector, prepareZXingModule } = BarcodeDetectionAPI;
  const { wasm } = document.querySelector("[data-finder]").dataset;
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
  const detector = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const EVERY_MS = 120;
  let stream = null;

  const open = (finder, what) => {
    for (const sentence of finder.querySelectorAll("[data-says]")) sentence.hidden = sentence.dataset.says !== what;
    if (!finder.open) finder.showModal();
  };
  const close = () => {
    for (const track of stream ? stream.getTracks() : []) track.stop();
    stream = null;
    const finder = document.querySelector("[data-finder]");
    if (finder?.open) finder.close();
  };
  const take = (text) => {
    const field = document.querySelector("main [data-scan]");
    close();
    field.value = text;
    field.form.requestSubmit();
  };
  const read = async (picture) => {
    const [found] = await detector.detect(picture);
    return found ? found.rawValue : "";
  };
  const watch = async (video) => {
    if (!stream) return;
    const text = video.readyState >= video.HAVE_CURRENT_DATA ? await read(video) : "";
    if (text && stream) take(text);
    else setTimeout(watch, EVERY_MS, video);
  };

  window.addEventListener("pagehide", close);

  window.openCamera = async (finder) => {
    const video = finder.querySelector("video");
    video.hidden = false;
    open(finder, "hold");
    finder.addEventListener("close", close, { once: true });
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      await watch(video);
    } catch {
      open(finder, "failed");
    }
  };
  window.readPhoto = async (finder, file) => {
    try {
      const text = await read(await createImageBitmap(file));
      if (text) { take(text); return; }
    } catch { /* No picture at all is as good as one without a code. */ }
    finder.querySelector("video").hidden = true;
    open(finder, "nothing");
  };
})();
