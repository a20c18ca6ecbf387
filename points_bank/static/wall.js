// A screen on the wall: when the server says that something changed, the standings are fetched anew.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const standings = document.getElementById("standings");
  const board = standings.dataset.board;
  let shown = "";
  const stream = new EventSource(`/boards/${board}/events`);
  stream.addEventListener("changed", async (event) => {
    if (event.data === shown) return;
    const answer = await fetch(`/boards/${board}/wall`, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    standings.innerHTML = await answer.text();
    shown = event.data;
  });
});
