"use strict";

// Keeps the progress of running jobs fresh; when a state changes the page is read anew.
const PAUSE_MS = 2000;

function showProgress(place, run) {
  const bar = place.querySelector("progress");
  const message = place.querySelector("[data-message]");
  if (bar) bar.value = run.progress_percent;
  if (message) message.textContent = run.message;
}

async function watch(address, update) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.ok && update(await answer.json())) {
        location.reload();
        return;
      }
    } catch {
      // the server is away for a moment: ask again
    }
  }
}

const one = document.querySelector("[data-watch-run]");
if (one) {
  watch(one.dataset.watchRun, (run) => {
    showProgress(one, run);
    return run.state !== one.dataset.state;
  });
}

const list = document.querySelector("[data-watch-list]");
if (list) {
  watch(list.dataset.watchList, (answer) => {
    let isChanged = false;
    for (const run of answer.runs) {
      const row = list.querySelector(`[data-run="${run.number}"]`);
      if (row) showProgress(row, run);
      isChanged = isChanged || !row || row.dataset.state !== run.state;
    }
    return isChanged;
  });
}
