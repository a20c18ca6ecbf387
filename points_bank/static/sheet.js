// Entering a sheet by keyboard: people are found while one types, Enter adds them, and what the sheet comes to follows.
// Everything is the form's own buttons, pressed in the background; of the answer only what changed is put in.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-sheet]");
  if (!form) return;
  const q = form.elements.q, found = document.getElementById("found"), chosenText = form.querySelector("[data-chosen]");
  let before = Promise.resolve(), wanted = false, waiting = 0;

  form.classList.add("live");
  q.setAttribute("hx-get", "/staff/sheet/people");
  q.setAttribute("hx-trigger", "input changed delay:80ms");
  q.setAttribute("hx-target", "#found");
  q.setAttribute("hx-sync", "this:queue last");
  htmx.process(q);

  // One request after another, so that each one carries what the one before brought.
  const send = (deed) => { before = before.then(() => post(deed)); };

  async function post(deed) {
    const body = new URLSearchParams(new FormData(form));
    body.set("do", deed);
    if (deed === "preview") body.set("typing", document.activeElement.name ?? "");
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", headers: { "HX-Request": "true" }, body });
    } catch {
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("people");
    if (fresh) merge(fresh, deed);
    else if (answer.status === 413 || answer.status === 422) tell(form.dataset.tooMuch);
    else press(deed);
  }

  // What the server could not do in the background (the session is over, say) it says on a page of its own.
  function press(deed) {
    const button = document.createElement("input");
    Object.assign(button, { type: "hidden", name: "do", value: deed });
    form.append(button);
    form.submit();
  }

  function tell(sentence) {
    const refusal = Object.assign(document.createElement("p"), { className: "refusal", textContent: sentence });
    refusal.setAttribute("role", "alert");
    form.querySelector("[data-part=told]").replaceChildren(refusal);
  }

  // Rows that are there stay, with what is being typed in them; only figures, new rows and sentences are put in.
  function merge(fresh, deed) {
    const list = form.querySelector("ol.people"), rows = fresh.querySelectorAll("[data-person]");
    const kept = new Set([...rows].map((row) => row.dataset.person));
    for (const row of list.querySelectorAll("[data-person]")) if (!kept.has(row.dataset.person)) row.remove();
    for (const row of rows) {
      const old = list.querySelector(`[data-person="${row.dataset.person}"]`);
      if (!old) { list.append(row); continue; }
      const here = old.querySelectorAll("[data-reckoned]"), there = row.querySelectorAll("[data-reckoned]");
      here.forEach((cell, place) => cell.replaceWith(there[place]));
      old.querySelector(".minutes input").placeholder = row.querySelector(".minutes input").placeholder;
    }
    for (const part of fresh.querySelectorAll("[data-part]")) {
      if (part.dataset.part === "paste" && deed !== "paste" && !deed.startsWith("add")) continue;
      const old = form.querySelector(`[data-part="${part.dataset.part}"]`);
      const isFocused = old.contains(document.activeElement) && document.activeElement.value;
      old.replaceWith(part);
      if (isFocused) form.querySelector(`[data-part="${part.dataset.part}"] [value="${isFocused}"]`)?.focus();
    }
  }

  const options = () => [...found.querySelectorAll("button")];
  const isCurrent = () => found.firstElementChild?.dataset.q === q.value;

  function choose(step) {
    const all = options(), now = all.findIndex((each) => each.classList.contains("chosen"));
    if (!all.length) return;
    all[now]?.classList.remove("chosen");
    const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
    next.classList.add("chosen");
    chosenText.textContent = next.innerText;
  }

  function add() {
    const chosen = found.querySelector(".chosen");
    if (!chosen) return;
    const deed = chosen.value;
    q.value = "";
    found.replaceChildren();
    send(deed);
  }

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== found) return;
    if (!isCurrent()) { if (!q.value) found.replaceChildren(); return; }
    choose(0);
    if (wanted) { wanted = false; add(); }
  });

  q.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") { q.value = ""; found.replaceChildren(); }
    if (event.key !== "Enter") { wanted = false; return; }
    event.preventDefault();
    if (!q.value.trim()) before.then(() => form.querySelector("[data-save]").focus());
    else if (isCurrent()) add();
    else wanted = true;
  });

  // Enter in any other field goes on to the next one, as in a table.
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || field === q || !field.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    const fields = [...form.elements].filter((each) => each.checkVisibility() && each.matches("input, select, textarea, [data-save]"));
    const next = fields[fields.indexOf(field) + 1];
    next?.focus();
    next?.select?.();
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (!button || button.value === "save") return;
    event.preventDefault();
    if (button.value === "search") { q.focus(); return; }
    if (button.closest("#found")) { q.value = ""; found.replaceChildren(); }
    send(button.value);
    if (button.value !== "paste") q.focus();
  });

  // What the sheet comes to is asked again a moment after the last change.
  const reckon = (event) => {
    if (event.target === q || event.target.name === "pasted") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => send("preview"), 300);
  };
  form.addEventListener("input", reckon);
  form.addEventListener("change", reckon);

  // What is no list of people is refused before it stands in the field, where it would make the browser slow.
  form.addEventListener("paste", (event) => {
    const field = event.target;
    if (field.name !== "pasted" || event.clipboardData.getData("text").length <= Number(form.dataset.mostPasted)) return;
    event.preventDefault();
    tell(form.dataset.tooMuch);
  });

  // A case belongs to a mediation only.
  const role = form.querySelector("[data-role]"), inCase = form.querySelector("[data-case]");
  const showCase = () => { inCase.hidden = inCase.disabled = role.value !== "mediation"; };
  role.addEventListener("change", showCase);
  showCase();
});
