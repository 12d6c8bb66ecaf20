/** What is said about surveyed ground: how completely, when, by what source, looking for what. */
import { element } from "../element.js";

const STEP_REM = 1.1;

function classChoice(page, chosen) {
  const { classes, language, texts } = page;
  const boxes = classes.map((row) => {
    const input = element("input", { type: "checkbox", value: row.code, checked: chosen.includes(row.code) });
    const line = element("label", {}, input, " ", `${(language === "en" ? row.name_en : row.name_km) || row.name_en} (${row.code})`);
    const item = element("div", {}, line);
    item.style.paddingInlineStart = `${row.depth * STEP_REM}rem`;
    item.dataset.words = `${row.code} ${row.name_km} ${row.name_en}`.toLowerCase();
    return { input, item };
  });
  const filter = element("input", { type: "search", "aria-label": texts.findClass, placeholder: texts.findClass, class: "class-filter" });
  filter.addEventListener("input", (event) => {
    event.stopPropagation();
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    boxes.forEach(({ input, item }) => { item.hidden = !input.checked && !words.every((word) => item.dataset.words.includes(word)); });
  });
  const box = element("div", { class: "class-choice", role: "group", "aria-label": texts.classesLookedFor }, ...boxes.map(({ item }) => item));
  return { parts: [filter, box], read: () => boxes.filter(({ input }) => input.checked).map(({ input }) => input.value) };
}

/** A form in ``box``; ``onSave(properties)``, ``onTyped(properties)``, ``onCancel()``. */
export function createStatementForm(box, page, { onSave, onTyped, onCancel }) {
  const { texts } = page;
  let read = null;
  const trouble = element("div", { role: "alert" });

  function show({ properties }, { buttons }) {
    const completeness = element("select", { id: "survey-completeness" }, ...page.completeness.map(([code, label]) => element("option", { value: code, selected: code === properties.completeness }, label)));
    const day = element("input", { id: "survey-day", type: "date", value: properties.captured_on ?? "" });
    const source = element("input", { id: "survey-source", type: "text", maxlength: 255, value: properties.source });
    const classes = classChoice(page, properties.classes);
    read = () => ({ completeness: completeness.value, captured_on: day.value || null, source: source.value, classes: classes.read() });
    const field = (label, control) => element("p", {}, element("label", { for: control.id }, label), control);
    const form = element("form", { novalidate: true, oninput: () => onTyped(read()) },
      element("p", { class: "actions" }, ...buttons),
      field(texts.completeness, completeness), field(texts.surveyedOn, day), field(texts.source, source),
      element("p", {}, element("strong", {}, texts.classesLookedFor), element("small", {}, ` ${texts.classesExplained}`)), ...classes.parts,
      element("p", { class: "actions" }, element("button", { type: "submit", id: "save-survey" }, texts.save), element("button", { type: "button", class: "quiet", id: "cancel-survey", onclick: onCancel }, texts.cancel)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      onSave(read());
    });
    trouble.replaceChildren();
    box.replaceChildren(trouble, form);
  }

  return {
    show,
    typed: () => (read ? read() : null),
    /** What stands against saving, brought into view: on a phone the form is longer than its panel. */
    tell(sentence, ...buttons) {
      trouble.replaceChildren(element("p", { class: "problem" }, sentence), element("p", { class: "actions" }, ...buttons));
      trouble.scrollIntoView({ block: "start" });
    },
    clear() {
      read = null;
      box.replaceChildren();
    },
  };
}
