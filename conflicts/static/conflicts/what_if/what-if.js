/** What if: draw, move, hand in; the rules answer at once; alternatives side by side. */
import { askServer, element, filled } from "../../layers/element.js";
import { typedNumber } from "../../layers/editor/typed-number.js";
import { useMarks } from "../../layers/written.js";
import { createAlternatives, question } from "./alternatives.js";
import { fillChanges, squareAt } from "./change-fields.js";
import { takeIntoDrafts } from "./drafts.js";
import { createGround } from "./ground.js";

const PAUSE_MS = 250;
const DEGREES = { decimal: ".", group: "," };
const page = JSON.parse(document.getElementById("what-if-content").textContent);
const { texts } = page;
useMarks(page.marks);
const byId = (id) => document.getElementById(id);
const tell = (text) => { byId("state").textContent = text; };
const answered = { body: null, asked: [], number: 0, timer: null, abort: null };

byId("what-if").hidden = false;
const alternatives = createAlternatives({ most: page.mostAlternatives, onChange: refresh });
const ground = createGround(page, {
  hint: byId("hint"),
  output: byId("measure"),
  onDrawn: (geometry) => putNew(geometry),
  onReshaped: (id, geometry) => alternatives.alter(id, { geometry }),
  onChosen: chooseAt,
  onTool: (name) => {
    byId("put-down").hidden = name === null;
    byId("finish").hidden = name !== "draw";
    if (name === null) refresh();
  },
});

function complain(text) {
  byId("told").hidden = !text;
  byId("told").textContent = text;
}

function putNew(geometry, words = {}) {
  if (alternatives.changes().length >= page.mostChanges) return complain(filled(texts.tooMany, { most: page.mostChanges }));
  const last = alternatives.changes().findLast((change) => !change.stands);
  return alternatives.put({ layer: last?.layer ?? page.editable[0][0], land_use: last?.land_use ?? "", lifecycle: last?.lifecycle ?? page.newLifecycle, ...words, geometry });
}

/** Take a feature as it stands into the alternative. */
async function takeStanding(layer, stableId, title = "") {
  const address = page.item.replace("LAYER", encodeURIComponent(layer)).replace("FEATURE", stableId.split("/").map(encodeURIComponent).join("/"));
  const feature = await askServer(`${address}?f=json`);
  return { layer, id: stableId, stands: true, title: title || stableId, geometry: feature.geometry, land_use: feature.properties?.land_use ?? "", lifecycle: feature.properties?.lifecycle ?? "" };
}

async function chooseAt({ lat, lng }) {
  try {
    const there = await askServer(`${page.addresses.identify}?lat=${lat}&lon=${lng}&z=${ground.map.getZoom()}`);
    const known = new Set(page.editable.map(([slug]) => slug));
    const found = there.layers.filter(({ slug }) => known.has(slug)).flatMap((layer) => (layer.features ?? []).map((feature) => ({ layer, feature })));
    if (!found.length) return complain(texts.nothingThere);
    complain("");
    offer(found);
  } catch (error) {
    complain(error.told || texts.unreachable);
  }
  return null;
}

/** Several things may stand in one place: the reader says which. */
function offer(found) {
  const take = async ({ layer, feature }) => {
    try {
      const change = await takeStanding(layer.slug, feature.stable_id, feature.name);
      alternatives.put(change);
    } catch (error) {
      complain(error.told || texts.unreachable);
    }
  };
  if (found.length === 1) return take(found[0]);
  const items = found.map((each) => element("li", {}, element("button", { type: "button", class: "quiet", onclick: () => { box.remove(); take(each); } }, `${each.feature.name} · ${each.layer.title}`)));
  const box = element("ul", { class: "offered" }, items);
  document.querySelector(".offered")?.remove();
  byId("changes").before(box);
  box.querySelector("button").focus();
  return null;
}

function fillTabs() {
  const tab = (place) => element(
    "button",
    { type: "button", role: "tab", "aria-selected": String(place === alternatives.active()), tabindex: place === alternatives.active() ? 0 : -1, "data-alternative": place, onclick: () => alternatives.choose(place) },
    filled(texts.alternative, { name: alternatives.nameOf(place) }),
  );
  const tabs = alternatives.all().map((_each, place) => tab(place));
  const focused = document.activeElement?.dataset?.alternative;
  const more = alternatives.canAdd() ? element("button", { type: "button", id: "add-alternative", onclick: () => alternatives.add(), "aria-label": filled(texts.alternative, { name: `+${alternatives.nameOf(tabs.length)}` }) }, `+ ${alternatives.nameOf(tabs.length)}`) : null;
  const less = tabs.length > 1 ? element("button", { type: "button", id: "take-away", "aria-label": texts.takeAway, title: texts.takeAway, onclick: () => alternatives.takeAway(alternatives.active()) }, "×") : null;
  byId("alternatives").replaceChildren(...[...tabs, more, less].filter(Boolean));
  if (focused !== undefined) tabs[alternatives.active()].focus();
}

byId("alternatives").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || event.target.getAttribute("role") !== "tab") return;
  alternatives.choose((alternatives.active() + step + alternatives.all().length) % alternatives.all().length);
});

/** Show what is at hand and ask again, when the hand rests. */
function refresh() {
  fillTabs();
  fillChanges(byId("changes"), page, alternatives, { take: (name, id) => ground.take(name, id), show: ({ geometry }) => ground.goTo(geometry) });
  if (!ground?.isAtWork()) ground?.show(alternatives.changes());
  const mayTake = page.mayEdit && alternatives.changes().length;
  byId("take-into-draft").hidden = !mayTake;
  markActive();
  const asked = JSON.stringify(question(alternatives));
  if (asked === answered.wanted) return;
  answered.wanted = asked;
  window.clearTimeout(answered.timer);
  answered.timer = window.setTimeout(() => ask(false), PAUSE_MS);
}

async function ask(whole) {
  const asked = question(alternatives);
  const mine = (answered.number += 1);
  answered.abort?.abort();
  answered.abort = new AbortController();
  if (!asked.length) return fillAnswers(null, asked);
  byId("answers").setAttribute("aria-busy", "true");
  tell(texts.asking);
  try {
    const response = await fetch(`${page.ask}?page=1`, {
      method: "POST", signal: answered.abort.signal,
      headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify({ alternatives: asked, whole }),
    });
    const body = await response.json();
    if (mine !== answered.number) return null;
    if (!response.ok) throw Object.assign(new Error(), { told: `${body.error.what} ${body.error.remedy}` });
    complain("");
    fillAnswers(body, asked);
    tell(texts.asked);
  } catch (error) {
    if (error.name === "AbortError" || mine !== answered.number) return null;
    fillAnswers(null, []); // what was answered before is no answer to this
    tell("");
    complain(error.told || texts.unreachable);
  }
  return null;
}

// The server's template wrote and escaped it; a parsed document runs no script.
function elementsOf(written) {
  return new DOMParser().parseFromString(written, "text/html").body.childNodes;
}

function fillAnswers(body, asked) {
  answered.body = body;
  answered.asked = asked.map(({ name }) => name);
  byId("answers").replaceChildren(...elementsOf(body?.page ?? ""));
  byId("answers").setAttribute("aria-busy", "false");
  byId("ask-whole").hidden = !body?.alternatives.some((each) => each.left_out.length);
  for (const button of document.querySelectorAll("#answers .on-map")) button.hidden = false;
  if (!body) tell("");
  markActive();
}

function placeOfActive() {
  return answered.asked.indexOf(alternatives.nameOf(alternatives.active()));
}

function markActive() {
  const place = placeOfActive();
  ground?.mark(answered.body?.alternatives[place]?.findings ?? [], place);
}

byId("answers").addEventListener("click", (event) => {
  const key = event.target.closest("[data-show]")?.dataset.show;
  if (!key) return;
  const name = answered.asked[Number(key.split("-")[0])];
  const place = alternatives.all().findIndex((_each, index) => alternatives.nameOf(index) === name);
  if (place !== alternatives.active()) alternatives.choose(place);
  ground.point(key);
  byId("map").scrollIntoView({ block: "nearest" });
});

for (const button of document.querySelectorAll("[data-draw]")) button.addEventListener("click", () => ground.draw(button.dataset.draw));
byId("choose").addEventListener("click", () => ground.choose());
byId("finish").addEventListener("click", () => ground.finish());
byId("put-down").addEventListener("click", () => ground.stop());
byId("print").addEventListener("click", () => window.print());
byId("ask-whole").addEventListener("click", () => ask(true));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") ground.stop(); });

byId("by-coordinates").addEventListener("submit", (event) => {
  event.preventDefault();
  const [latitude, longitude] = ["latitude", "longitude"].map((id) => typedNumber(byId(id).value, DEGREES));
  const width = typedNumber(byId("width").value, page.marks);
  if (!(Math.abs(latitude) < 85 && Math.abs(longitude) <= 180 && width > 0)) return complain(texts.badPlace);
  complain("");
  const geometry = squareAt(latitude, longitude, width);
  putNew(geometry);
  return ground.goTo(geometry);
});

byId("share").addEventListener("click", async () => {
  const address = alternatives.link();
  if (!address) return tell(texts.tooLong);
  try {
    await navigator.clipboard.writeText(address);
    tell(texts.copied);
  } catch {
    tell(texts.copyThis);
  }
  return null;
});

byId("save-file").addEventListener("click", () => {
  const features = question(alternatives)[Math.max(placeOfActive(), 0)]?.changes.map(({ geometry, properties, ...words }) => ({ type: "Feature", geometry: geometry ?? null, properties: properties ?? {}, ...words })) ?? [];
  const file = new Blob([JSON.stringify({ type: "FeatureCollection", features })], { type: "application/geo+json" });
  const link = element("a", { href: URL.createObjectURL(file), download: `what-if-${alternatives.nameOf(alternatives.active())}.geojson` });
  link.click();
  URL.revokeObjectURL(link.href);
});

byId("take-into-draft").addEventListener("click", async () => {
  const changes = alternatives.changes();
  if (changes.some(({ layer }) => !page.themes.some((theme) => theme.layers.some(({ slug }) => slug === layer)))) return complain(texts.noSuchLayer);
  try {
    const made = await takeIntoDrafts(page, alternatives.nameOf(alternatives.active()), changes);
    const titles = new Map(page.editable);
    byId("state").replaceChildren(...made.flatMap(({ layer, number }) => [filled(texts.draftMade, { layer: titles.get(layer) ?? layer }), " ", element("a", { href: `${page.edit.replace("LAYER", encodeURIComponent(layer))}?draft=${number}` }, texts.openDraft), " "]));
    complain("");
  } catch (error) {
    complain(error.told || texts.unreachable);
  }
  return null;
});

byId("hand-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const unstated = Object.fromEntries(["land_use", "lifecycle", "layer"].map((name) => [name, form.elements[name].value]));
  try {
    const given = JSON.parse(await form.elements.file.files[0].text());
    const features = given.type === "FeatureCollection" ? given.features : [given];
    if (!features.length || !features.every((feature) => feature.type === "Feature")) throw new SyntaxError();
    await takeFile(features, unstated);
  } catch {
    complain(texts.notGeoJson);
  }
});

/** Features of a file: what stands under a name already is changed, all else is new. */
async function takeFile(features, unstated) {
  if (alternatives.changes().length + features.length > page.mostChanges) return complain(filled(texts.tooMany, { most: page.mostChanges }));
  complain("");
  for (const feature of features) {
    const { land_use: use, lifecycle, ...properties } = feature.properties ?? {};
    const layer = feature.layer || unstated.layer;
    const id = feature.id === undefined || feature.id === null ? "" : String(feature.id);
    const stood = id ? await takeStanding(layer, id).catch(() => null) : null;
    alternatives.put({
      ...(stood ?? { lifecycle: unstated.lifecycle, land_use: unstated.land_use }),
      layer, id, properties: stood ? undefined : properties, removed: feature.removed === true || undefined,
      ...(feature.geometry ? { geometry: feature.geometry } : {}),
      ...((feature.land_use ?? use) ? { land_use: feature.land_use ?? use } : {}), ...((feature.lifecycle ?? lifecycle) ? { lifecycle: feature.lifecycle ?? lifecycle } : {}),
    });
  }
  tell(filled(texts.taken, { count: features.length }));
  const first = alternatives.changes().find(({ geometry }) => geometry);
  return first && ground.goTo(first.geometry);
}

/** What the address asks for: a feature to begin with, to be moved; with a use, one like it that is new. */
async function begin() {
  const wanted = new URLSearchParams(window.location.search);
  const [layer, ...rest] = (wanted.get("feature") ?? "").split("/");
  if (layer && rest.length && !alternatives.changes().length) {
    try {
      const found = await takeStanding(layer, rest.join("/"));
      const use = wanted.get("land_use");
      if (use) putNew(found.geometry, { land_use: use });
      else alternatives.put(found);
    } catch (error) {
      complain(error.told || texts.unreachable);
    }
  }
  refresh();
  const first = alternatives.changes().find(({ geometry }) => geometry);
  if (first) ground.goTo(first.geometry);
  document.documentElement.dataset.map = "ready";
}

begin();
