/** One line that says whether everything is on the server, and what is not. */
import { element, filled } from "../element.js";

/** Tell in ``place``; ``onResend`` when the reader will not wait, ``onSee`` to see what is held up. */
export function createSaveState(place, texts, { onResend, onSee }) {
  return ({ count, isSending, trouble }, held) => {
    place.setAttribute("aria-busy", String(isSending));
    place.className = `save-state ${trouble || held ? "troubled" : count ? "waiting" : "saved"}`;
    place.dataset.unsent = String(count);
    const resend = trouble ? element("button", { type: "button", class: "quiet", id: "resend", onclick: onResend }, texts.resend) : null;
    const see = held ? element("button", { type: "button", class: "quiet", id: "see-held", onclick: onSee }, texts.seeHeld) : null;
    const sentence = held ? filled(texts.held, { count: held }) : count ? filled(texts.unsent, { count }) : texts.allSaved;
    const why = trouble ? ` ${trouble.isSignedOut ? texts.signedOut : texts.notReached}` : "";
    place.replaceChildren(sentence, why, " ", ...[see, resend].filter(Boolean));
  };
}
