// What every page does beyond HTML. All of it works without this file too, a little less comfortably.
"use strict";

// What a page does when it begins: when it was loaded, or when it took the place of the one before.
const whenShown = (act) => {
  document.addEventListener("DOMContentLoaded", act);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.boosted) act(event); });
};
// A whole page is shown whatever its status: one that refuses says why.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.boosted) Object.assign(event.detail, { shouldSwap: true, isError: false });
});

// A form is sent once: a second click while the first one is on its way does nothing. Coming back makes it good again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Of a long list, a few letters leave only what has them. Options are taken out, since not every browser hides them.
whenShown(() => {
  for (const list of document.querySelectorAll("select")) if (list.options.length > 30) shorten(list);
});

function shorten(list) {
  const all = [...list.options], words = document.body.dataset.find;
  const find = Object.assign(document.createElement("input"), { type: "search", placeholder: words, autocomplete: "off" });
  const label = list.closest("label")?.firstChild.textContent.trim();
  if (label) list.setAttribute("aria-label", label);
  find.setAttribute("aria-label", `${label ?? ""} ${words}`.trim());
  find.addEventListener("input", () => {
    const chosen = list.selectedOptions[0], letters = find.value.trim().toLowerCase();
    const fit = all.filter((option) => option.text.toLowerCase().includes(letters));
    list.replaceChildren(...(fit.length ? fit : all));
    (fit.includes(chosen) || !fit.length ? chosen : fit[0]).selected = true;
    find.setAttribute("aria-invalid", String(!fit.length));
  });
  find.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    list.focus();
  });
  list.before(find);
}

// Go to what is wrong first, or to where typing begins, also where a part of the address names another place.
whenShown((event) => {
  const first = document.querySelector("[aria-invalid=true]") ?? document.querySelector("[autofocus]");
  if (first) first.focus();
  else if (event.type !== "DOMContentLoaded") document.getElementById("main").focus({ preventScroll: true });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
