/** Sends the chosen file and shows how far it is; says so when the connection is cut. */
const form = document.getElementById("upload-form");
const place = document.getElementById("upload-progress");
const bar = place.querySelector("progress");
const status = place.querySelector("[role=status]");
const problem = document.getElementById("upload-problem");
const button = form.querySelector("button[type=submit]");

function tell(sentence) {
  problem.textContent = sentence;
  problem.hidden = !sentence;
  place.hidden = true;
  button.disabled = false;
}

function answered(request) {
  let body = null;
  try {
    body = JSON.parse(request.responseText);
  } catch {
    // a page instead of an answer: the session is over, or the server failed
  }
  if (request.status === 200 && body?.address) window.location.assign(body.address);
  else tell(body?.error ? `${body.error.what} ${body.error.remedy}` : form.dataset.cut);
}

function send() {
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    const percent = event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 0;
    bar.value = percent;
    status.textContent = percent < 100 ? `${form.dataset.sending} ${percent} %` : form.dataset.arrived;
  });
  request.addEventListener("load", () => answered(request));
  for (const end of ["error", "abort", "timeout"]) request.addEventListener(end, () => tell(form.dataset.cut));
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
  request.setRequestHeader("Accept", "application/json");
  request.send(new FormData(form));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = form.elements.file.files;
  if (!file) return;
  if (file.size > Number(form.dataset.max)) {
    tell(form.dataset.tooLarge);
    return;
  }
  problem.hidden = true;
  place.hidden = false;
  button.disabled = true;
  send();
});
