/** Someone else changed what I changed: both are shown, nothing is decided but by the reader. */
import { element, filled } from "../element.js";
import { differingFacts, factsOf } from "./content.js";
import { layerFor } from "./shapes.js";

const MINE = { color: "#b5622b", weight: 4, dashArray: "8 5", fillOpacity: 0.1 };
const THEIRS = { color: "#1f4e5f", weight: 4, fillOpacity: 0.2 };

function attributesOf(base, mine) {
  const names = new Set([...Object.keys(base?.properties ?? {}), ...Object.keys(mine?.properties ?? {})]);
  return [...names].filter((name) => JSON.stringify(base?.properties?.[name]) !== JSON.stringify(mine?.properties?.[name]));
}

/** What I changed, put on the state another person made; where both changed, mine is taken. */
export function onTheirs(base, mine, theirs) {
  const result = factsOf(theirs);
  for (const name of differingFacts(base, mine)) if (name !== "properties") result[name] = mine[name];
  result.properties = { ...theirs.properties };
  for (const name of attributesOf(base, mine)) {
    if (mine.properties?.[name] === undefined) delete result.properties[name];
    else result.properties[name] = mine.properties[name];
  }
  return result;
}

function words(page, name, feature) {
  if (!feature) return page.texts.isDeleted;
  if (name === "land_use") {
    const row = page.classes.find(({ code }) => code === feature.land_use);
    return row ? (page.language === "en" ? row.name_en : row.name_km || row.name_en) : feature.land_use || "–";
  }
  if (name === "lifecycle") return page.lifecycles.find(([code]) => code === feature.lifecycle)?.[1] ?? "–";
  const value = feature.properties?.[name];
  return value === undefined || value === null ? "–" : String(value);
}

function comparison(page, mine, theirs) {
  const { texts } = page;
  const title = (name) => page.fields.find((field) => field.name === name)?.title || page.titles[name] || name;
  const rows = [["land_use", texts.landUse], ["lifecycle", texts.lifecycle], ...attributesOf(mine, theirs).map((name) => [name, title(name)])]
    .filter(([name]) => words(page, name, mine) !== words(page, name, theirs))
    .map(([name, label]) => element("tr", {}, element("th", { scope: "row" }, label), element("td", {}, words(page, name, mine)), element("td", {}, words(page, name, theirs))));
  if (differingFacts(mine, theirs).includes("geometry")) {
    rows.unshift(element("tr", {}, element("th", { scope: "row" }, texts.shape), element("td", { class: "mine" }, mine ? texts.seeMap : texts.isDeleted), element("td", { class: "theirs" }, theirs ? texts.seeMap : texts.isDeleted)));
  }
  const head = element("tr", {}, element("td", {}), element("th", { scope: "col", class: "mine" }, texts.mine), element("th", { scope: "col", class: "theirs" }, texts.theirs));
  return element("table", { class: "comparison" }, element("thead", {}, head), element("tbody", {}, ...rows));
}

/** Show both states on the map; returns what takes them off again. */
function showBoth(map, mine, theirs) {
  const group = L.featureGroup();
  const quiet = { pmIgnore: true, snapIgnore: true, interactive: false };
  if (theirs?.geometry) group.addLayer(layerFor(theirs.geometry, { ...THEIRS, ...quiet, className: "theirs-shape" }));
  if (mine?.geometry) group.addLayer(layerFor(mine.geometry, { ...MINE, ...quiet, className: "mine-shape" }));
  group.addTo(map);
  if (group.getLayers().length) map.fitBounds(group.getBounds().pad(0.4), { maxZoom: 20 });
  return () => group.remove();
}

/**
 * Tell of one conflict in ``box``. ``conflict``: {id, base, mine, theirs, who, when};
 * ``decide(choice, content)`` with choice mine, theirs or both.
 */
export function showConflict(box, map, page, { id, base, mine, theirs, who, when }, decide) {
  const { texts } = page;
  const clear = showBoth(map, mine, theirs);
  const moment = when ? new Date(when).toLocaleString("en-GB", { timeZone: page.timeZone, dateStyle: "short", timeStyle: "short" }) : "–";
  const choose = (choice, content) => () => {
    clear();
    panel.remove();
    decide(choice, content);
  };
  const canJoin = base && mine && theirs;
  const sentence = filled(theirs ? texts.someoneChanged : texts.someoneDeleted, { who: who || texts.someone, id, when: moment });
  const panel = element(
    "section",
    { class: "conflict", role: "alertdialog", tabindex: "-1", "aria-label": texts.conflict },
    element("h3", {}, texts.conflict),
    element("p", {}, sentence),
    element("p", {}, texts.nothingLost),
    comparison(page, mine, theirs),
    element("p", { class: "actions" },
      element("button", { type: "button", id: "keep-mine", onclick: choose("mine", mine && factsOf(mine)) }, texts.keepMine),
      element("button", { type: "button", id: "take-theirs", class: "quiet", onclick: choose("theirs", null) }, texts.takeTheirs),
      canJoin ? element("button", { type: "button", id: "mine-on-theirs", class: "quiet", onclick: choose("both", onTheirs(base, mine, theirs)) }, texts.mineOnTheirs) : null),
  );
  box.prepend(panel);
  panel.focus();
  return () => {
    clear();
    panel.remove();
  };
}
