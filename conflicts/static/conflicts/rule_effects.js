// Tells beside the form what saving the rule would change, while it is still being changed.
(() => {
  const form = document.getElementById("rule-form");
  if (!form || !form.dataset.effects) return;
  const told = document.getElementById("effect");
  const rules = document.getElementById("effect-rules");
  const stop = document.getElementById("effect-cancel");
  const WAIT_MS = 700;
  const NOBODY = "00000000-0000-0000-0000-000000000000"; // stands for the token in the address
  let timer = 0;
  let question = null; // {token, controller}: the one that is being asked

  const say = (sentence, lines = []) => {
    told.textContent = sentence;
    rules.replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  };

  const sent = (token) => {
    const data = new FormData(form);
    data.set("token", token);
    return data;
  };

  const cancel = (sentence) => {
    if (!question) return;
    const { token, controller } = question;
    question = null;
    stop.hidden = true;
    controller.abort();
    fetch(form.dataset.cancel.replace(NOBODY, token), { method: "POST", body: sent(token) }).catch(() => {});
    if (sentence) say(sentence);
  };

  const ask = async () => {
    cancel("");
    const mine = { token: crypto.randomUUID ? crypto.randomUUID() : random(), controller: new AbortController() };
    question = mine;
    stop.hidden = false;
    say(form.dataset.asking);
    try {
      const answer = await fetch(form.dataset.effects, {
        method: "POST", body: sent(mine.token), signal: mine.controller.signal,
      });
      const said = await answer.json();
      if (question !== mine) return;
      if (answer.ok) say(said.sentence, said.rules);
      else say(`${said.error.what} ${said.error.remedy}`);
    } catch {
      if (question === mine) say(form.dataset.failed);
    }
    if (question === mine) {
      question = null;
      stop.hidden = true;
    }
  };

  // randomUUID exists on https and localhost only; a city's own server may be neither.
  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  form.addEventListener("input", (event) => {
    if (event.target.name === "reason") return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  stop.addEventListener("click", () => cancel(form.dataset.cancelled));
  window.addEventListener("pagehide", () => cancel(""));
})();
