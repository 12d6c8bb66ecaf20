/** The buttons over the map; each says whether its tool is in hand and whether it can be used. */
import { element } from "../element.js";
import { kindsOf } from "./tools.js";

const SIGNS = { polygon: "⬠", line: "╱", point: "●", corners: "◇", move: "✥", split: "✂", merge: "⧉", hole: "◎", fill: "◉", snap: "⌖", remove: "✕", undo: "↶", redo: "↷" };

/** Buttons in ``box``; ``press(name)`` when one is pressed. */
export function createToolbar(box, page, press) {
  const { texts } = page;
  const kinds = kindsOf(page.layer.kind);
  const isArea = kinds.includes("polygon");
  const isExtended = isArea || kinds.includes("line");
  const names = [...kinds, "corners", "move", ...(isExtended ? ["split", "merge"] : []), ...(isArea ? ["hole", "fill"] : []), ...(kinds.includes("point") && kinds.length === 1 ? [] : ["snap"]), "remove", "undo", "redo"];
  const buttons = new Map();
  for (const name of names) {
    const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[name]);
    const button = element("button", { type: "button", id: `tool-${name}`, "aria-pressed": "false", onclick: () => press(name) }, sign, element("span", { class: "word" }, texts.tools[name]));
    buttons.set(name, button);
    box.append(button);
  }
  return {
    /** ``needs``: names of tools that cannot be used now; ``active``: the one in hand. */
    update(active, unusable) {
      for (const [name, button] of buttons) {
        button.setAttribute("aria-pressed", String(name === active));
        button.disabled = unusable.has(name);
      }
    },
  };
}
