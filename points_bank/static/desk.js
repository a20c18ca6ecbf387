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

document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("main [data-scan]");
  if (field && !document.querySelector("[aria-invalid=true]")) field.focus();
});

document.addEventListener("htmx:afterSwap", () => {
  for (const good of document.querySelectorAll(".ware[aria-pressed]")) {
    const quantity = document.getElementById(`quantity-${good.value}`);
    good.setAttribute("aria-pressed", String(Boolean(quantity)));
  }
});
