/** The features in view as a list: what the draft touches first; for the keyboard and small screens. */
import { element, filled } from "../element.js";
import { markOf } from "./shapes.js";

const MOST = 200;

export function createFeatureList(box, page, content, onChoose) {
  const { texts } = page;
  let isPending = false;

  function nameOf(entry) {
    const feature = content.shown(entry.id) ?? entry.stored ?? entry.before;
    const named = feature?.properties?.[page.language === "en" ? "name_en" : "name_km"];
    const row = page.classes.find(({ code }) => code === feature?.land_use);
    const kind = row ? (page.language === "en" ? row.name_en : row.name_km || row.name_en) : "";
    return [named || entry.id, kind].filter(Boolean).join(" · ");
  }

  function fill() {
    isPending = false;
    const all = [...content.entries.values()].filter((entry) => content.isInView(entry.id) || markOf(entry));
    all.sort((a, b) => (markOf(b) !== "") - (markOf(a) !== "") || a.id.localeCompare(b.id));
    const items = all.slice(0, MOST).map((entry) => {
      const mark = markOf(entry);
      const badge = mark ? element("span", { class: `badge mark-${mark}` }, texts.marks[mark]) : null;
      return element("li", {}, element("button", { type: "button", class: "quiet listed-feature", "data-feature": entry.id, onclick: () => onChoose(entry.id) }, nameOf(entry), " ", badge));
    });
    const more = all.length > MOST ? element("p", { class: "note" }, filled(texts.moreInView, { shown: MOST, all: all.length })) : null;
    box.replaceChildren(element("ul", {}, ...items), ...(more ? [more] : []), ...(items.length ? [] : [element("p", { class: "note" }, texts.nothingInView)]));
  }

  content.onChange(() => {
    if (isPending) return;
    isPending = true;
    requestAnimationFrame(fill);
  });
}
