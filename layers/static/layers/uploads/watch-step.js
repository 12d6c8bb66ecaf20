"use strict";

// Keeps the progress of a step fresh; when its state changes the page is read anew.
const PAUSE_MS = 1500;
const place = document.querySelector("[data-watch-run]");

async function look() {
  const answer = await fetch(place.dataset.watchRun, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const run = await answer.json();
  place.querySelector("progress").value = run.progress_percent;
  place.querySelector("[data-message]").textContent = run.message;
  if (run.state !== place.dataset.state) window.location.reload();
}

async function watch() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    try {
      await look();
    } catch {
      // the server is away for a moment: ask again
    }
  }
}

if (place) watch();
