/** Questions in a dialog of the page: keyboard, screen readers and Escape work by themselves. */
import { element } from "../element.js";

/** Ask; resolves to what ``read`` returns when the reader agrees, to null when they do not. */
export function askReader({ title, body = [], agree, refuse, isGrave = false, read = () => true, isReady = () => true }) {
  return new Promise((done) => {
    const yes = element("button", { type: "submit", class: isGrave ? "grave" : null }, agree);
    const no = element("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, refuse);
    const form = element("form", { method: "dialog" }, element("h2", {}, title), ...body, element("p", { class: "actions" }, yes, no));
    const dialog = element("dialog", { class: "question", "aria-label": title }, form);
    let answer = null;
    const judge = () => { yes.disabled = !isReady(); };
    form.addEventListener("input", judge);
    form.addEventListener("submit", () => { answer = read(); });
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(answer);
    });
    document.body.append(dialog);
    judge();
    dialog.showModal();
  });
}
