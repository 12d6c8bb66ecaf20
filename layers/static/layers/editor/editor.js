/** The editor of a layer: puts map, tools, panels and the changes on their way together. */
import { element, filled } from "../element.js";
import { useMarks } from "../written.js";
import { createCheckPanel } from "./check-panel.js";
import { createContent, factsOf, isSameShape } from "./content.js";
import { createEditorMap, createTabs, fillBackgrounds } from "./editor-map.js";
import { createFeatureList } from "./feature-list.js";
import { createFeaturePanel } from "./feature-panel.js";
import { askReader } from "./questions.js";
import { createSaveState } from "./save-state.js";
import { createServer } from "./server.js";
import { createShapes, layerFor, markOf } from "./shapes.js";
import { createToolbar } from "./toolbar.js";
import { createTools } from "./tools.js";
import { createUndo, standing, stepsOf } from "./undo.js";
import { createUnsent, newKey } from "./unsent.js";

const page = JSON.parse(document.getElementById("editor-content").textContent);
const { texts } = page;
const byId = (id) => document.getElementById(id);
const DRAWING = new Set(["polygon", "line", "point"]);
useMarks(page.marks);

const ask = createServer(page.addresses.draft);
const { map, stack } = createEditorMap(page);
const tabs = createTabs();
const content = createContent(ask);
const ui = { chosen: [], merging: null, snaps: true, newShape: null };

const colourOf = (feature) => page.classes.find(({ code }) => code === feature.land_use)?.colour ?? page.layer.colour;
const shapes = createShapes({ map, content, colourOf, onChoose: clicked });
const tellSaved = createSaveState(byId("save-state"), texts, {
  onResend: () => unsent.flush(),
  onSee: () => show(heldOnes()[0].id ?? heldOnes()[0].ids[0]),
});
const unsent = createUnsent({
  ask,
  content,
  prefix: `krong-unsent:${page.me}:${page.layer.slug}:${page.draft.number}:`,
  onSettled: settled,
  onRefused: (_change, error) => tell(error.told),
  onState: (state) => tellSaved(state, unsent ? heldOnes().length : 0),
});
const undo = createUndo({ content, send: (change) => unsent.add(change), onChange: updateTools });
const panel = createFeaturePanel(byId("panel-feature"), {
  map, page, ask, content, unsent,
  actions: { save, remove, withdraw: (id) => unsent.add({ kind: "withdraw", id }), explode: (id) => operate("explode", [id]), decide, cancelNew, dropUnsent: drop },
});
createFeatureList(byId("panel-list"), page, content, (id) => show(id));
createCheckPanel(byId("panel-check"), { map, page, ask, unsentCount: () => unsent.list().length, choose: (id) => choose([id]), reload: load });
const tools = createTools({ map, shapes, texts, projection: page.projection, output: byId("measure"), onReshaped: reshaped, onStop: updateTools });
const toolbar = createToolbar(byId("toolbar"), page, press);

function heldOnes() {
  return unsent.list().filter(({ state }) => state === "conflict" || state === "refused");
}

function hint(text = "") {
  byId("hint").textContent = text;
}

/** A refusal stays to be read until the next step. */
function tell(sentence) {
  byId("told").textContent = sentence;
  byId("told").hidden = !sentence;
  if (sentence) tabs.open("feature");
}

function updateTools() {
  if (!toolbar) return;
  const unusable = new Set();
  const [id] = ui.chosen;
  const entry = id && content.entries.get(id);
  const canChange = page.isOpen && page.may.edit;
  const isThere = entry && markOf(entry) !== "delete" && !unsent.isHeld(id);
  if (!isThere) for (const name of ["corners", "move", "split", "merge", "hole", "fill", "snap", "remove"]) unusable.add(name);
  if (!undo.canUndo() && !tools.isDrawing() && !unsent.list().length) unusable.add("undo");
  if (!undo.canRedo()) unusable.add("redo");
  if (!canChange) for (const name of [...DRAWING, "corners", "move", "split", "merge", "hole", "fill", "snap", "remove", "undo", "redo"]) unusable.add(name);
  toolbar.update(ui.merging ? "merge" : tools.name(), unusable);
  byId("finish-drawing").hidden = !tools.isDrawing();
  byId("stop-tool").hidden = tools.name() === "choose" && !ui.merging;
  if (tools.name() === "choose" && !ui.merging) hint();
}

function choose(ids) {
  ui.chosen = ids;
  shapes.choose(ids);
  panel.show(ids[0] ?? null);
  updateTools();
}

/** Choose a feature of the list, and move there if it is out of sight. */
function show(id) {
  choose([id]);
  tabs.open("feature");
  const area = shapes.layerOf(id)?.getBounds?.();
  if (area && !map.getBounds().contains(area)) map.fitBounds(area.pad(0.5), { maxZoom: 19 });
}

function clicked(id, event) {
  if (!ui.merging) tell("");
  const name = tools.name();
  if (tools.isDrawing() || name === "fill") return;
  L.DomEvent.stopPropagation(event);
  if (ui.merging) toggleMerged(id);
  else if (id !== ui.chosen[0]) {
    tools.stop();
    choose([id]);
    tabs.open("feature", window.innerWidth > 760);
  }
}

function toggleMerged(id) {
  ui.merging = ui.merging.includes(id) && id !== ui.chosen[0] ? ui.merging.filter((other) => other !== id) : [...new Set([...ui.merging, id])];
  shapes.choose(ui.merging);
  offerMerge();
}

function offerMerge() {
  const isEnough = ui.merging.length > 1;
  const button = (name, label) => element("button", { type: "button", id: `do-${name}`, disabled: !isEnough, onclick: () => endMerge(name) }, filled(label, { count: ui.merging.length }));
  byId("hint").replaceChildren(texts.clickToMerge, " ", button("merge", texts.mergeThese), " ", button("aggregate", texts.aggregateThese));
}

function endMerge(operation) {
  const ids = ui.merging;
  ui.merging = null;
  operate(operation, ids, { keep: ids[0] });
  choose([ids[0]]);
}

function stopTool() {
  tools.stop();
  if (ui.merging) {
    ui.merging = null;
    choose(ui.chosen);
  }
  updateTools();
}

function save(id, facts, isNew) {
  ui.newShape?.remove();
  ui.newShape = null;
  unsent.add({ kind: isNew || !content.entryOf(id).stored ? "create" : "put", id, content: facts });
  choose([id]);
}

function reshaped(id, geometry) {
  if (id === panel.shownId() && panel.freshGeometry()) return;
  const now = content.shown(id);
  if (!now || isSameShape(now.geometry, geometry)) return;
  unsent.add({ kind: "put", id, content: { ...factsOf(now), geometry } });
}

async function remove(id) {
  const agreed = await askReader({ title: filled(texts.reallyRemove, { id }), body: [element("p", {}, texts.removeKept)], agree: texts.remove, refuse: texts.cancel, isGrave: true });
  if (!agreed) return;
  stopTool();
  unsent.add({ kind: "delete", id });
}

function drop(change) {
  unsent.drop(change);
  for (const id of change.ids || [change.id]) shapes.redraw(id);
  choose(content.shown(change.id) ? [change.id] : []);
}

/** What the reader decided about a feature that someone else changed too. */
function decide(change, choice, facts) {
  const { current, etag } = change.conflict;
  const entry = content.entryOf(change.id);
  Object.assign(entry, { stored: current?.geometry ? current : null, etag, isDeleted: !current?.geometry });
  const before = { [change.id]: entry.stored };
  if (choice === "theirs") unsent.drop(change);
  else if (change.kind === "delete") unsent.again(change, { etag, before });
  else unsent.again(change, { kind: current?.geometry ? "put" : "create", etag, before, content: facts });
  shapes.redraw(change.id);
  choose([change.id]);
}

function operate(operation, ids, body = {}) {
  const etags = Object.fromEntries(ids.map((id) => [id, content.entryOf(id).etag]));
  if (ids.some((id) => unsent.of(id))) return tell(texts.sendFirst);
  return unsent.add({ kind: "operate", ids, etags, body: { operation, ...body } });
}

function settled(change, answer) {
  if (!change.isReplay) {
    const after = change.kind === "operate" ? answer.features : [answer];
    const items = after.map((feature) => ({ id: feature.id, before: standing(change.before?.[feature.id]), after: standing(feature) }));
    for (const id of answer.deleted || []) items.push({ id, before: standing(change.before?.[id]), after: null });
    undo.record(items);
  }
  if (change.kind === "operate") {
    const { difference_m2: difference } = answer.balance;
    if (Math.abs(difference) > 0.01 && change.body.operation === "split") tell(texts.balanceOpen);
  }
  updateTools();
}

function drawn(geometry) {
  cancelNew();
  ui.newShape = layerFor(geometry, { color: "#e0218a", weight: 4, pmIgnore: true, snapIgnore: true, interactive: false }).addTo(map);
  const id = `${page.layer.slug.slice(0, 40)}-${newKey()}`;
  ui.chosen = [];
  shapes.choose([]);
  tabs.open("feature");
  panel.showNew(id, geometry);
  updateTools();
}

function cancelNew() {
  ui.newShape?.remove();
  ui.newShape = null;
  if (panel.freshGeometry()) choose([]);
}

async function askSnap(id) {
  const field = element("input", { id: "snap-tolerance", type: "number", min: 0.01, max: 10, step: "any", value: page.tolerance_m, required: true });
  const tolerance = await askReader({
    title: texts.tools.snap,
    body: [element("p", {}, texts.snapExplained), element("p", {}, element("label", { for: "snap-tolerance" }, texts.snapTolerance), field)],
    agree: texts.tools.snap,
    refuse: texts.cancel,
    isReady: () => field.checkValidity(),
    read: () => field.valueAsNumber,
  });
  if (tolerance) operate("snap", [id], { tolerance_m: tolerance });
}

function press(name) {
  tell("");
  const [id] = ui.chosen;
  const isSame = tools.name() === name || (ui.merging && name === "merge");
  if (name === "undo" || name === "redo") return replay(name);
  if (name === "remove") return remove(id);
  if (name === "snap") return askSnap(id);
  stopTool();
  if (!isSame) takeUp(name, id);
  return updateTools();
}

function takeUp(name, id) {
  const { snaps } = ui;
  hint(texts.hints[name]);
  tabs.lower();
  if (DRAWING.has(name)) tools.start(name, { kind: name, snaps, onDrawn: drawn });
  else if (name === "corners" || name === "move") tools.start(name, { id, snaps });
  else if (name === "split") tools.start(name, { kind: "line", snaps, onDrawn: (line) => operate("split", [id], { line }) });
  else if (name === "hole") tools.start(name, { kind: "polygon", snaps: false, onDrawn: (hole) => operate("cut-hole", [id], { hole }) });
  else if (name === "fill") tools.start(name, { onClick: ({ latlng }) => { stopTool(); operate("fill-hole", [id], { at: { type: "Point", coordinates: [latlng.lng, latlng.lat] } }); } });
  else if (name === "merge") {
    ui.merging = [id];
    offerMerge();
  }
}

function replay(name) {
  if (name === "undo" && tools.isDrawing()) return tools.removeLastCorner();
  tools.stop();
  const waiting = unsent.list().at(-1);
  if (name === "undo" && waiting) return drop(waiting);
  return undo[name]();
}

async function load() {
  const box = map.getBounds();
  byId("map-state").setAttribute("aria-busy", "true");
  try {
    const isWhole = await content.load([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()], page.draft.published_number);
    shapes.hide(!isWhole);
    if (stack.layers.has(page.layer.slug)) stack.show(page.layer.slug, !isWhole);
    byId("map-state").textContent = isWhole ? "" : texts.zoomIn2Edit;
    byId("map-state").setAttribute("aria-busy", "false");
  } catch (error) {
    if (error.name === "AbortError") return;
    byId("map-state").textContent = error.told || texts.notReached;
    byId("map-state").setAttribute("aria-busy", "false");
  }
}

/** Read the draft's record: what can be undone, and the validators of what it deleted. */
async function readRecord() {
  const { edits } = await ask("GET", "edits");
  for (const { id, action, revision, counts } of edits) {
    if (counts && action === "delete") Object.assign(content.entryOf(id), { etag: `"d${page.draft.number}.${revision}"`, isDeleted: true });
  }
  undo.restore(stepsOf(edits, page.me));
}

function onKey(event) {
  const isTyping = event.target.closest?.("input, textarea, select, dialog");
  const isCommand = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.key === "Escape" && !event.target.closest?.("dialog")) return stopTool();
  if (isTyping) return null;
  if (isCommand && (key === "z" || key === "y")) {
    event.preventDefault();
    return press(key === "y" || event.shiftKey ? "redo" : "undo");
  }
  const canRemove = page.isOpen && page.may.edit && ui.chosen.length && !tools.isDrawing();
  return event.key === "Delete" && canRemove ? remove(ui.chosen[0]) : null;
}

async function start() {
  fillBackgrounds(byId("backgrounds"), page, stack, element);
  byId("finish-drawing").addEventListener("click", () => tools.finish());
  byId("stop-tool").addEventListener("click", stopTool);
  byId("snaps").addEventListener("change", (event) => { ui.snaps = event.target.checked; });
  document.addEventListener("keydown", onKey);
  map.on("moveend", load);
  map.on("click", () => { if (tools.name() === "choose" && !ui.merging && !panel.freshGeometry()) choose([]); });
  content.onChange(() => updateTools());
  updateTools();
  await load();
  if (page.isOpen) await readRecord().catch(() => undo.restore([]));
  unsent.flush();
  const unfinished = panel.unfinished();
  if (unfinished) {
    ui.newShape = layerFor(unfinished.geometry, { color: "#e0218a", weight: 4, pmIgnore: true, snapIgnore: true, interactive: false }).addTo(map);
    panel.showNew(unfinished.id, unfinished.geometry, unfinished);
  }
  document.documentElement.dataset.map = "ready";
}

start();
