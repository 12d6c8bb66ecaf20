/** The classes of land use, each below the one it belongs to, found by Khmer or English words. */
import { element } from "../element.js";

const STEP = "\u2003";

function matches(row, words) {
  const text = `${row.code} ${row.name_km} ${row.name_en} ${row.called}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A select of all classes, those the city does not use last, and a field that narrows it. */
export function classPicker(page, chosen, id = "field-class") {
  const { texts, classes } = page;
  const option = (row) => element("option", { value: row.code }, `${STEP.repeat(row.depth)}${row.called} (${row.code})`);
  const select = element("select", { id, name: "land_use" });
  const filter = element("input", { type: "search", class: "class-filter", placeholder: texts.findClass, "aria-label": texts.findClass });

  function fill(words) {
    const now = select.value || chosen;
    const shown = classes.filter((row) => row.code === now || matches(row, words));
    const others = shown.filter((row) => !row.used);
    select.replaceChildren(element("option", { value: "" }, texts.noClass), ...shown.filter((row) => row.used).map(option));
    if (others.length) select.append(element("optgroup", { label: texts.unusedClasses }, ...others.map(option)));
    select.value = now;
    if (select.value !== now) select.append(element("option", { value: now, selected: true }, now));
  }
  filter.addEventListener("input", (event) => {
    event.stopPropagation();
    fill(filter.value.toLowerCase().split(/\s+/).filter(Boolean));
  });
  filter.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  fill([]);
  return { select, filter };
}
