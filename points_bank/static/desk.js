// The desk beyond HTML: the next person with one key, a scanner that types wherever one is, goods that look taken.
"use strict";

const isTyping = (element) => element.matches("input, textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    const next = document.querySelector("a[data-next]");
    if (next) next.click();
  }
  // A USB scanner is a keyboard: what it types belongs into the field that looks for people.
  const field = document.querySelector("[data-scan]");
  if (field && /^[0-9]$/.test(event.key) && !isTyping(document.activeElement)) {
    field.value = "";
    field.focus();
  }
});

whenShown(() => {
  const field = document.querySelector("main [data-scan]");
  if (!field) return;
  // What was typed before stays to be looked at; the next scan takes its place.
  field.focus();
  field.select();
});

document.addEventListener("htmx:afterSwap", () => {
  for (const good of document.querySelectorAll(".ware[aria-pressed]")) {
    const quantity = document.getElementById(`quantity-${good.value}`);
    good.setAttribute("aria-pressed", String(Boolean(quantity)));
  }
});

// The camera and what reads pictures are large: they are fetched when they are wanted, and then once.
let loading = null;
const load = (source) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = source;
  script.onload = resolve;
  script.onerror = reject;
  document.head.append(script);
});

whenShown(() => {
  const finder = document.querySelector("[data-finder]");
  if (!finder) return;
  const withReader = () => (loading ??= load(finder.dataset.detector).then(() => load(finder.dataset.script)));
  const camera = document.querySelector("button[data-camera]");
  // A browser lends its camera only to pages that came safely: over HTTPS, or from this machine.
  camera.hidden = !(window.isSecureContext && navigator.mediaDevices);
  camera.addEventListener("click", () => withReader().then(() => window.openCamera(finder)));
  const photo = document.querySelector("input[data-photo]");
  photo.closest("label").hidden = false;
  photo.addEventListener("change", () => {
    const [file] = photo.files;
    photo.value = "";
    if (file) withReader().then(() => window.readPhoto(finder, file));
  });
});
