/** Where a layer was surveyed: statements listed, drawn, changed and withdrawn. */
import { element, filled } from "../element.js";
import { number, useMarks } from "../written.js";
import { createEditorMap, createTabs, fillBackgrounds } from "./editor-map.js";
import { measures, written } from "./measure.js";
import { askReader } from "./questions.js";
import { createServer, RefusedError, UnreachableError } from "./server.js";
import { layerFor } from "./shapes.js";
import { createStatementForm } from "./statement-form.js";
import { createTools } from "./tools.js";

const page = JSON.parse(document.getElementById("editor-content").textContent);
const { texts } = page;
const byId = (id) => document.getElementById(id);
const LOOKS = { complete: "#2d6a3e", partial: "#b5622b", unknown: "#56666d" };
const KEPT = `krong-survey:${page.me}:${page.layer.slug}`;
useMarks(page.marks);

const ask = createServer(page.addresses.surveyed);
const { map, stack } = createEditorMap(page);
const tabs = createTabs();
const statements = new Map(); // by number; "new" while it is drawn
const drawn = new Map();
let chosen = null;

const shapes = { layerOf: (id) => drawn.get(id) ?? null, accept: () => {}, onRebuilt: () => {} };
const tools = createTools({ map, shapes, texts, projection: page.projection, output: byId("measure"), onReshaped: reshaped, onStop: showTool });
const form = createStatementForm(byId("survey-form"), page, { onSave: save, onTyped: keep, onCancel: cancel });

function showTool() {
  byId("finish-drawing").hidden = !tools.isDrawing();
  byId("stop-tool").hidden = tools.name() === "choose";
}

function say(text, isTrouble = false) {
  const place = byId("save-state");
  place.className = `save-state ${isTrouble ? "troubled" : "saved"}`;
  place.textContent = text;
}

function draw(id) {
  drawn.get(id)?.remove();
  const { geometry, properties } = statements.get(id);
  const look = { color: id === chosen ? "#e0218a" : LOOKS[properties.completeness], weight: 3, fillOpacity: 0.12, className: "survey-shape" };
  const layer = layerFor(geometry, look).addTo(map);
  layer.on("click", (event) => {
    if (tools.name() !== "choose") return;
    L.DomEvent.stopPropagation(event);
    choose(id);
  });
  drawn.set(id, layer);
}

function forget(id) {
  drawn.get(id)?.remove();
  drawn.delete(id);
  statements.delete(id);
}

function summaryOf(id, { geometry, properties }) {
  const label = page.completeness.find(([code]) => code === properties.completeness)?.[1];
  const classes = properties.classes.length ? properties.classes.slice(0, 4).join(", ") : texts.allClasses;
  const day = properties.captured_on?.split("-").reverse().join("/");
  const area = number(measures(geometry, page.projection).area_m2 / 10000, { places: 2 });
  return [`${label} · ${area} ha`, [day, properties.source, classes].filter(Boolean).join(" · ")];
}

function list() {
  const items = [...statements].filter(([id]) => id !== "new").map(([id, statement]) => {
    const [head, facts] = summaryOf(id, statement);
    return element("li", { class: id === chosen ? "statement chosen" : "statement", "data-statement": id },
      element("button", { type: "button", class: "quiet listed-feature", onclick: () => choose(id, true) }, element("strong", {}, head), element("br", {}), facts));
  });
  const draws = element("button", { type: "button", id: "draw-survey", onclick: () => drawFor("new") }, texts.drawArea);
  byId("survey-list").replaceChildren(element("p", {}, draws), items.length ? element("ul", {}, ...items) : element("p", { class: "note", id: "no-survey" }, texts.none));
}

function choose(id, isMoved = false) {
  const before = chosen;
  chosen = id;
  for (const one of [before, id]) if (statements.has(one)) draw(one);
  list();
  const statement = statements.get(id);
  if (!statement) return form.clear();
  if (isMoved) map.fitBounds(drawn.get(id).getBounds().pad(0.2));
  form.show(statement, {
    buttons: [
      element("button", { type: "button", class: "quiet", id: "reshape-survey", onclick: () => { tools.start("corners", { id }); showTool(); } }, texts.reshape),
      element("button", { type: "button", class: "quiet", id: "redraw-survey", onclick: () => drawFor(id) }, texts.replaceShape),
      id === "new" ? null : element("button", { type: "button", class: "quiet", id: "remove-survey", onclick: () => remove(id) }, texts.remove),
    ],
  });
  return tabs.open("survey");
}

function drawFor(id) {
  tabs.lower();
  tools.start("polygon", { kind: "polygon", onDrawn: (geometry) => reshaped(id, geometry) });
  byId("hint").textContent = texts.clickFirst;
  showTool();
}

function reshaped(id, geometry) {
  byId("hint").textContent = "";
  const blank = { completeness: "complete", captured_on: null, source: "", classes: [] };
  const statement = statements.get(id) ?? { properties: blank, etag: null };
  const isMoved = tools.name() === "corners";
  statements.set(id, { ...statement, geometry, isChanged: true });
  keep(form.typed());
  say(texts.unsavedShape, true);
  if (!isMoved) choose(id);
}

/** Keep what is typed and drawn in the browser until it is saved. */
function keep(properties) {
  const statement = statements.get(chosen ?? "new");
  if (statement) localStorage.setItem(KEPT, JSON.stringify({ id: chosen ?? "new", ...statement, properties: properties ?? statement.properties }));
}

function cancel() {
  localStorage.removeItem(KEPT);
  tools.stop();
  if (chosen === "new") forget("new");
  chosen = null;
  say("");
  return load();
}

async function save(properties) {
  const id = chosen;
  const statement = statements.get(id);
  const body = { type: "Feature", geometry: statement.geometry, properties };
  tools.stop();
  byId("save-state").setAttribute("aria-busy", "true");
  try {
    const stored = id === "new" ? await ask("POST", "", { body }) : await ask("PUT", `${id}/`, { body, etag: statement.etag });
    localStorage.removeItem(KEPT);
    forget(id);
    await load();
    say(texts.saved);
    choose(stored.id);
  } catch (error) {
    tellTrouble(error, id, properties);
  } finally {
    byId("save-state").setAttribute("aria-busy", "false");
  }
}

/** Another person changed the statement: what was typed stays, the reader decides. */
function tellTrouble(error, id, properties) {
  if (error instanceof UnreachableError) return say(error.isSignedOut ? texts.signedOut : texts.notReached, true);
  if (!(error instanceof RefusedError)) throw error;
  if (error.status !== 412) return form.tell(error.told);
  const { changed_by: who, changed_at: when, etag, current } = error.detail;
  const moment = when ? new Date(when).toLocaleString("en-GB", { timeZone: page.timeZone, dateStyle: "short", timeStyle: "short" }) : "–";
  return form.tell(
    filled(texts.someoneChangedArea, { who: who || texts.someone, when: moment }),
    element("button", { type: "button", id: "send-on-theirs", onclick: () => { statements.get(id).etag = etag; save(properties); } }, texts.sendOnTheirs),
    element("button", { type: "button", class: "quiet", id: "take-their-survey", onclick: () => { statements.set(id, current); cancel(); } }, texts.takeTheirs),
  );
}

async function remove(id) {
  const agreed = await askReader({ title: filled(texts.reallyRemove, { id }), body: [element("p", {}, texts.removeMeans)], agree: texts.remove, refuse: texts.cancel, isGrave: true });
  if (!agreed) return;
  try {
    await ask("DELETE", `${id}/`, { etag: statements.get(id).etag });
    forget(id);
    cancel();
  } catch (error) {
    tellTrouble(error, id, statements.get(id).properties);
  }
}

async function load() {
  const { features } = await ask("GET", "");
  for (const id of [...statements.keys()]) if (id !== "new") forget(id);
  for (const feature of features) {
    statements.set(feature.id, feature);
    draw(feature.id);
  }
  choose(statements.has(chosen) ? chosen : null);
}

/** What was drawn or typed before a reload, not saved yet. */
function restore() {
  const kept = JSON.parse(localStorage.getItem(KEPT) || "null");
  if (!kept || (kept.id !== "new" && !statements.has(kept.id))) return;
  statements.set(kept.id, kept);
  say(texts.unsavedShape, true);
  choose(kept.id);
}

async function start() {
  fillBackgrounds(byId("backgrounds"), page, stack, element);
  byId("finish-drawing").addEventListener("click", () => tools.finish());
  byId("stop-tool").addEventListener("click", () => tools.stop());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest?.("dialog")) tools.stop();
  });
  await load().catch((error) => say(error.told || texts.notReached, true));
  restore();
  document.documentElement.dataset.map = "ready";
}

start();
