// What every page does beyond HTML. All of it works without this file too, a little less comfortably.
"use strict";

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

// Go to what is wrong first, or to where typing begins, also where a part of the address names another place.
document.addEventListener("DOMContentLoaded", () => {
  const first = document.querySelector("[aria-invalid=true]") ?? document.querySelector("[autofocus]");
  if (first) first.focus();
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
});
