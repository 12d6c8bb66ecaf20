/** The attributes of one feature as a form, built from what the layer's schema says of them. */
import { element, filled } from "../element.js";
import { number } from "../written.js";
import { classPicker } from "./class-picker.js";
import { typedNumber } from "./typed-number.js";

const NUMBERS = new Set(["integer", "number"]);

function kindOfValue(value) {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "string" || value === null || value === undefined ? "text" : "other";
}

/** What the schema names, then what the feature has besides. */
function fieldsOf(page, feature) {
  const named = new Set(page.fields.map((field) => field.name));
  const besides = Object.keys(feature.properties ?? {}).filter((name) => !named.has(name));
  return [...page.fields, ...besides.map((name) => ({ name, title: page.titles[name] || name, type: kindOfValue(feature.properties[name]) }))];
}

function optionsOf(field, texts) {
  if (field.choices) return field.choices.map(([value, label]) => [String(value), label]);
  return [["true", texts.yes], ["false", texts.no]];
}

function controlFor(field, value, id, texts) {
  const told = { id, name: field.name, "aria-describedby": `${id}-problem`, required: field.required };
  if (field.choices || field.type === "boolean") {
    const chosen = value === null || value === undefined ? "" : String(value);
    const options = [["", "–"], ...optionsOf(field, texts)];
    return element("select", told, ...options.map(([code, label]) => element("option", { value: code, selected: code === chosen }, label)));
  }
  if (field.type === "date") return element("input", { ...told, type: "date", value: value ?? "" });
  if (field.type === "other") return element("input", { ...told, value: JSON.stringify(value), disabled: true });
  const shown = NUMBERS.has(field.type) && typeof value === "number" ? number(value, { most: 12, grouped: false }) : value ?? "";
  return element("input", { ...told, type: "text", inputmode: NUMBERS.has(field.type) ? "decimal" : null, value: shown, maxlength: 2000 });
}

/** The value a control holds; ``problem`` when the schema does not allow it. */
function valueOf(field, text, page) {
  const { texts, marks } = page;
  if (text.trim() === "") return { value: undefined, problem: field.required ? texts.required : "" };
  if (field.choices) return { value: field.choices.map(([value]) => value).find((value) => String(value) === text) };
  if (field.type === "boolean") return { value: text === "true" };
  if (!NUMBERS.has(field.type)) return { value: text };
  const value = typedNumber(text, marks);
  if (Number.isNaN(value)) return { problem: texts.noNumber };
  if (field.type === "integer" && !Number.isInteger(value)) return { problem: texts.noInteger };
  if (field.min !== null && field.min !== undefined && value < field.min) return { problem: filled(texts.tooLittle, { limit: number(field.min) }) };
  if (field.max !== null && field.max !== undefined && value > field.max) return { problem: filled(texts.tooMuch, { limit: number(field.max) }) };
  return { value };
}

function row(label, control, unit = "", extra = []) {
  const problem = element("span", { class: "field-problem", id: `${control.id}-problem`, role: "alert" });
  return element("p", {}, element("label", { for: control.id }, label, unit ? ` [${unit}]` : ""), ...extra, control, problem);
}

function tell(control, problem) {
  control.setAttribute("aria-invalid", String(Boolean(problem)));
  const place = control.closest("p").querySelector(".field-problem");
  place.textContent = problem;
}

/** A form in ``box``; ``onSave(content)``, ``onTyped(values)`` at each key, ``onCancel()``. */
export function createAttributeForm(box, page, { onSave, onTyped, onCancel }) {
  const { texts } = page;

  function rows(feature, typed, fields) {
    const picker = classPicker(page, typed?.land_use ?? feature.land_use ?? "");
    const lifecycle = element("select", { id: "field-lifecycle", name: "lifecycle" }, ...page.lifecycles.map(([code, label]) => element("option", { value: code, selected: code === (typed?.lifecycle ?? feature.lifecycle ?? "existing") }, label)));
    const controls = fields.map((field, index) => {
      const control = controlFor(field, feature.properties?.[field.name], `field-${index}`, texts);
      if (typed?.values?.[field.name] !== undefined && field.type !== "other") control.value = typed.values[field.name];
      return control;
    });
    const attributes = fields.map((field, index) => row(`${field.title}${field.required ? " *" : ""}`, controls[index], field.unit));
    return { picker, lifecycle, controls, parts: [row(texts.landUse, picker.select, "", [picker.filter]), row(texts.lifecycle, lifecycle), ...attributes] };
  }

  function read(feature, fields, controls) {
    const properties = { ...feature.properties };
    let isRight = true;
    fields.forEach((field, index) => {
      if (field.type === "other") return;
      const { value, problem = "" } = valueOf(field, controls[index].value, page);
      tell(controls[index], problem);
      isRight = isRight && !problem;
      if (value === undefined) delete properties[field.name];
      else properties[field.name] = value;
    });
    return isRight ? properties : null;
  }

  /** Put what the server found beside the field it is about; return what is about none. */
  function place(problems, fields, controls) {
    return problems.filter(({ message }) => {
      const index = fields.findIndex((field) => message.startsWith(`${field.title}: `));
      if (index >= 0) tell(controls[index], message.slice(fields[index].title.length + 2));
      return index < 0;
    });
  }

  function show({ feature, typed = null, problems = [], told = "", isNew = false, isLocked = false }) {
    const fields = fieldsOf(page, feature);
    const { picker, lifecycle, controls, parts } = rows(feature, typed, fields);
    const typedNow = () => ({ land_use: picker.select.value, lifecycle: lifecycle.value, values: Object.fromEntries(fields.map((field, index) => [field.name, controls[index].value])) });
    const save = element("button", { type: "submit", id: "save-feature" }, isNew ? texts.addFeature : texts.saveAttributes);
    const cancel = element("button", { type: "button", class: "quiet", id: "cancel-feature", onclick: onCancel }, texts.cancel);
    const form = element("form", { class: "attributes", novalidate: true, oninput: () => onTyped(typedNow()) }, ...parts, element("p", { class: "actions" }, save, isNew || typed ? cancel : null));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const properties = read(feature, fields, controls);
      if (properties) onSave({ properties, land_use: picker.select.value || null, lifecycle: lifecycle.value });
      else form.querySelector("[aria-invalid=true]").focus();
    });
    if (isLocked) form.querySelectorAll("input, select, button").forEach((control) => { control.disabled = true; });
    box.replaceChildren(form);
    const rest = place(problems, fields, controls);
    const sentence = problems.length ? rest.map(({ message }) => message).join(" ") : told;
    if (sentence) form.prepend(element("p", { class: "problem", role: "alert" }, sentence));
  }

  return { show, clear: () => box.replaceChildren() };
}
