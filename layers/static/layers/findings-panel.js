/** Findings in view, as a list and on the map: either side selects on the other. */
import { askServer, element, filled } from "./element.js";
import { number } from "./written.js";

const COLOURS = { critical: "#B00020", high: "#D35400", medium: "#C79100", low: "#7A8A1E" };
const QUIET = "#4F6D7A";
const CHOSEN = "#E0218A";
const MOST_IN_VIEW = 200;

const numberOf = (finding) => String(finding.properties.id);

function style(finding, isChosen) {
  const colour = COLOURS[finding.properties.severity] || QUIET;
  return { color: isChosen ? CHOSEN : colour, weight: isChosen ? 6 : 1.5, opacity: isChosen ? 1 : 0.45, fillColor: colour, fillOpacity: isChosen ? 0.45 : 0.2 };
}

function amounts({ measured, required, unit }, texts) {
  const written = (value) => `${number(value)} ${unit || ""}`.trim();
  const parts = [];
  if (typeof measured === "number") parts.push(`${texts.measured}: ${written(measured)}`);
  if (typeof required === "number") parts.push(`${texts.required}: ${written(required)}`);
  return parts.join(" · ");
}

/** The features a finding speaks of. */
function parties({ properties }) {
  return [properties.subject, properties.object].filter((party) => party?.layer && party?.stable_id);
}

function listItem(finding, texts, select) {
  const { properties } = finding;
  const head = element(
    "span",
    { class: "finding-head" },
    element("span", { class: `badge severity ${properties.severity}` }, properties.severity_label || properties.severity),
    element("code", {}, properties.rule),
    element("small", {}, properties.state_label || properties.state),
  );
  const button = element(
    "button",
    { type: "button", class: "finding", onclick: () => select(numberOf(finding), true) },
    head,
    element("strong", {}, properties.title),
    element("span", {}, properties.message || ""),
    element("small", {}, amounts(properties, texts)),
  );
  const basis = properties.basis_label ? element("span", { class: `badge basis ${properties.basis}` }, properties.basis_label) : null;
  const page = properties.url ? element("a", { href: properties.url }, texts.openFinding) : null;
  return element("li", { id: `finding-${numberOf(finding)}` }, button, element("p", { class: "finding-foot" }, basis, page));
}

const isNumber = (text) => /^[0-9]{1,15}$/.test(text);

/** Findings in a part of the map, the gravest first; one more if it is asked for by number.
 *  ``missing`` is that number if there is no such finding. */
async function loadFindings(address, bounds, wanted, signal) {
  const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((degree) => degree.toFixed(6)).join(",");
  const collection = await askServer(`${address}?${new URLSearchParams({ bbox: box, limit: MOST_IN_VIEW })}`, signal);
  if (wanted && !collection.features.some((finding) => numberOf(finding) === wanted)) {
    const single = isNumber(wanted) ? await askServer(`${address}?${new URLSearchParams({ finding: wanted })}`, signal) : { features: [] };
    if (single.features.length) collection.features.push(...single.features);
    else collection.missing = wanted;
  }
  return collection;
}

const whole = (count) => number(count, { places: 0 });

/** What stands above the list, so that neither a short nor an empty one is read as all-clear. */
function notes(collection, texts, listAddress, missing) {
  const shown = Math.min(collection.features.length, collection.total);
  const told = [];
  if (missing) told.push(element("p", { class: "problem", role: "alert" }, filled(texts.findingUnknown, { number: missing.slice(0, 20) })));
  if (collection.detection === null) told.push(element("p", { class: "answer cannot_tell" }, texts.nothingDetected));
  else if (!shown) told.push(element("p", { class: "note" }, texts.findingsNone));
  if (collection.untold_rules) {
    const sentence = filled(texts.untoldRules, { count: whole(collection.untold_rules) });
    told.push(element("p", { class: "note" }, element("a", { class: "answer cannot_tell", href: `${listAddress}#untold` }, sentence)));
  }
  if (collection.total > shown) told.push(element("p", { class: "note" }, filled(texts.gravestOf, { shown: whole(shown), total: whole(collection.total) })));
  return told;
}

function boundsOf(shape) {
  return shape.getBounds ? shape.getBounds() : L.latLngBounds([shape.getLatLng()]);
}

/** Fill the panel with the findings in view; returns how to select one by its number. */
export function createFindingsPanel(panel, map, content, { open, choose, show, count, onSelect, wanted }) {
  const { texts, addresses } = content;
  const tell = (sentence, kind) => panel.replaceChildren(element("p", { class: kind }, sentence));
  const findings = new Map();
  const shapes = new Map();
  let selected = wanted;
  let unopened = wanted; // asked for by the address, not shown yet
  let missing = null;
  let asking = null;
  const drawn = L.geoJSON(null, {
    filter: (finding) => Boolean(finding.geometry),
    style: (finding) => style(finding, numberOf(finding) === selected),
    pointToLayer: (finding, latlng) => L.circleMarker(latlng, { ...style(finding, false), radius: 7 }),
    onEachFeature: (finding, shape) => {
      shapes.set(numberOf(finding), shape);
      // a click on an area also asks what is there; a line or a point is aimed at for itself
      const isArea = finding.geometry.type.includes("Polygon");
      shape.on("click", (event) => {
        if (!isArea) L.DomEvent.stopPropagation(event);
        select(numberOf(finding), false, !isArea);
      });
    },
  }).addTo(map);

  const cardOf = (number) => document.getElementById(`finding-${number}`);

  /** Whether the reader sees the card of the chosen finding in the list. */
  function isCardSeen() {
    const [card, list] = [cardOf(selected), panel].map((part) => part?.getBoundingClientRect());
    return Boolean(card?.height) && card.bottom > list.top && card.top < list.bottom;
  }

  function mark(number, isChosen) {
    const finding = findings.get(number);
    if (!finding) return;
    shapes.get(number)?.setStyle?.(style(finding, isChosen));
    if (isChosen) shapes.get(number)?.bringToFront?.();
    cardOf(number)?.classList.toggle("chosen", isChosen);
    cardOf(number)?.querySelector("button.finding").setAttribute("aria-current", String(isChosen));
  }

  /** Bring a card into sight; of one that is longer than the list its beginning. */
  function reveal(card) {
    card?.scrollIntoView({ block: card.offsetHeight > panel.clientHeight ? "start" : "nearest" });
  }

  function select(number, isFromList, opensList = true) {
    const finding = findings.get(number);
    if (!finding) return;
    mark(selected, false);
    selected = number;
    mark(number, true);
    if (opensList) {
      open();
      reveal(cardOf(number));
    }
    missing = null;
    choose(parties(finding));
    onSelect(number);
    const shape = shapes.get(number);
    if (shape && isFromList) show(boundsOf(shape).pad(0.4));
  }

  /** What in the list has the keyboard, so that a list written anew can give it back. */
  function holdFocus() {
    const held = panel.contains(document.activeElement) ? document.activeElement : null;
    const card = held?.closest(".findings > li");
    return () => {
      if (!held) return;
      const again = card && document.getElementById(card.id)?.querySelector(held.matches("a") ? "a" : "button.finding");
      (again || panel).focus({ preventScroll: true });
    };
  }

  function forget(number) {
    missing = number;
    selected = null;
    onSelect(null);
  }

  /** Show what the address asks for, once it is known. */
  function openWanted() {
    const number = unopened;
    unopened = null;
    if (findings.has(number)) select(number, true);
    else if (number) open();
  }

  function write(collection) {
    if (collection.missing) forget(collection.missing);
    findings.clear();
    shapes.clear();
    drawn.clearLayers();
    for (const finding of collection.features) findings.set(numberOf(finding), finding);
    drawn.addData(collection);
    const items = collection.features.map((finding) => listItem(finding, texts, select));
    const [scrolled, wasSeen, giveFocusBack] = [panel.scrollTop, isCardSeen(), holdFocus()];
    const all = element("p", { class: "note" }, element("a", { href: addresses.findingList }, texts.allFindings));
    panel.replaceChildren(...notes(collection, texts, addresses.findingList, missing), element("ul", { class: "findings" }, items), all);
    panel.scrollTop = scrolled;
    giveFocusBack();
    // the list is another one after the map has moved: what was chosen stays in sight
    if (wasSeen) reveal(cardOf(selected));
    count.textContent = collection.detection === null ? "?" : whole(Math.max(collection.total, findings.size));
    mark(selected, true);
  }

  async function refresh() {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    panel.setAttribute("aria-busy", "true");
    try {
      write(await loadFindings(addresses.findings, map.getBounds(), selected, mine.signal));
      openWanted();
    } catch (problem) {
      if (problem.name === "AbortError") return; // a newer question is under way
      count.textContent = "?";
      tell(problem.told ? `${texts.findingsMissing} ${problem.told}` : texts.findingsMissing, "problem");
    }
    if (asking === mine) panel.setAttribute("aria-busy", "false");
  }

  if (!addresses.findings) {
    tell(texts.findingsMissing, "problem");
    return;
  }
  tell(texts.findingsLoading, "note");
  map.on("moveend", refresh);
  refresh();
}
