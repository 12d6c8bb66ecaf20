/** The list of what an alternative changes: each feature with its class, its layer, and its moves. */
import { classPicker } from "../../layers/editor/class-picker.js";
import { typedNumber } from "../../layers/editor/typed-number.js";
import { element } from "../../layers/element.js";

const METRES_PER_DEGREE = 111320; // of latitude; good to a per mille, and the rules measure the result

function moved(part, east, north, cosine) {
  if (typeof part[0] !== "number") return part.map((each) => moved(each, east, north, cosine));
  return [part[0] + east / (METRES_PER_DEGREE * cosine), part[1] + north / METRES_PER_DEGREE];
}

const firstPlace = (part) => (typeof part[0] === "number" ? part : firstPlace(part[0]));

/** A geometry moved by metres. */
export function movedBy(geometry, east, north) {
  const cosine = Math.cos((firstPlace(geometry.coordinates)[1] * Math.PI) / 180);
  return { ...geometry, coordinates: moved(geometry.coordinates, east, north, cosine) };
}

/** A square of a width [m] around a place. */
export function squareAt(latitude, longitude, width) {
  const half = width / 2;
  const corner = (east, north) => movedBy({ type: "Point", coordinates: [longitude, latitude] }, east, north).coordinates;
  const ring = [corner(-half, -half), corner(half, -half), corner(half, half), corner(-half, half)];
  return { type: "Polygon", coordinates: [[...ring, ring[0]]] };
}

function stateOf(change, texts) {
  if (change.removed) return texts.isRemoved;
  return change.stands ? texts.isChanged : texts.isNew;
}

function field(label, control) {
  return element("p", {}, element("label", { for: control.id }, label), " ", control);
}

function words(change, page, alternatives) {
  const { texts } = page;
  const key = `${alternatives.active()}-${change.id}`;
  const { select, filter } = classPicker(page, change.land_use ?? "", `class-${key}`);
  select.addEventListener("change", () => alternatives.alter(change.id, { land_use: select.value }));
  const stage = element("select", { id: `stage-${key}`, onchange: (event) => alternatives.alter(change.id, { lifecycle: event.target.value }) }, page.lifecycles.map(([code, name]) => element("option", { value: code, selected: code === change.lifecycle }, name)));
  const rows = [filter, field(texts.landUse, select), field(texts.lifecycle, stage)];
  if (change.stands) return rows;
  const layer = element("select", { id: `layer-${key}`, onchange: (event) => alternatives.alter(change.id, { layer: event.target.value }) }, page.editable.map(([slug, title]) => element("option", { value: slug, selected: slug === change.layer }, title)));
  return [...rows, field(texts.layer, layer)];
}

function moves(change, page, alternatives) {
  const { texts } = page;
  const key = `${alternatives.active()}-${change.id}`;
  const [east, north] = [["east", texts.eastM], ["north", texts.northM]].map(([name, label]) => element("input", { id: `${name}-${key}`, "aria-label": label, placeholder: label, inputmode: "decimal", size: 7, autocomplete: "off" }));
  const apply = () => {
    const [dx, dy] = [east, north].map((input) => (input.value.trim() ? typedNumber(input.value, page.marks) : 0));
    if (Number.isFinite(dx) && Number.isFinite(dy) && (dx || dy)) alternatives.alter(change.id, { geometry: movedBy(change.geometry, dx, dy) });
  };
  return element("p", { class: "moves" }, east, " ", north, " ", element("button", { type: "button", class: "quiet", onclick: apply }, texts.moveBy));
}

/** Fill the list; ``tools`` are those of the map. */
export function fillChanges(box, page, alternatives, tools) {
  const { texts } = page;
  const button = (text, act, name) => element("button", { type: "button", class: "quiet", "data-act": name, onclick: act }, text);
  const item = (change) => element(
    "li",
    { "data-change": change.id },
    element("h3", {}, change.title || change.id, " ", element("span", { class: "badge" }, stateOf(change, texts))),
    change.removed ? null : words(change, page, alternatives),
    change.removed ? null : element("p", { class: "actions" }, button(texts.move, () => tools.take("move", change.id), "move"), " ", button(texts.corners, () => tools.take("corners", change.id), "corners"), " ", button(texts.show, () => tools.show(change), "show")),
    change.removed ? null : moves(change, page, alternatives),
    element(
      "p",
      { class: "actions" },
      change.stands ? button(change.removed ? texts.keep : texts.remove, () => alternatives.alter(change.id, { removed: !change.removed }), "remove") : null,
      " ",
      button(texts.forget, () => alternatives.forget(change.id), "forget"),
    ),
  );
  const focused = document.activeElement?.id;
  const list = alternatives.changes();
  box.replaceChildren(...(list.length ? list.map(item) : [element("li", { class: "note" }, texts.nothingYet)]));
  if (focused && box.querySelector(`#${CSS.escape(focused)}`)) box.querySelector(`#${CSS.escape(focused)}`).focus();
}
