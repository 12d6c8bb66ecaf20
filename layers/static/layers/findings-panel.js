/** Findings as a list and on the map: either side selects on the other. */
import { askServer, element } from "./element.js";

const COLOURS = { blocking: "#B00020", critical: "#B00020", high: "#D35400", major: "#D35400", medium: "#C79100", warning: "#C79100", minor: "#7A8A1E", low: "#7A8A1E" };
const QUIET = "#4F6D7A";
const CLOSEST_ZOOM = 18;

const colourOf = (finding) => COLOURS[finding.properties.severity] || QUIET;

function style(finding, isChosen) {
  const colour = colourOf(finding);
  return { color: isChosen ? "#E0218A" : colour, weight: isChosen ? 6 : 3, opacity: 0.9, fillColor: colour, fillOpacity: isChosen ? 0.45 : 0.25 };
}

function amounts(properties, texts) {
  const number = (value) => (typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 2 }) : value);
  const unit = properties.unit ? ` ${properties.unit}` : "";
  const given = (value) => value !== null && value !== undefined && value !== "";
  const parts = [];
  if (given(properties.measured)) parts.push(`${texts.measured}: ${number(properties.measured)}${unit}`);
  if (given(properties.required)) parts.push(`${texts.required}: ${number(properties.required)}${unit}`);
  return parts.join(" · ");
}

/** The features a finding speaks of, as {layer, stable_id}. */
function parties(finding) {
  return [finding.properties.subject, finding.properties.object].filter((party) => party && party.layer && party.stable_id);
}

function listItem(finding, { texts, addresses }, select) {
  const { properties } = finding;
  const badge = element("span", { class: `badge severity ${properties.severity || ""}` }, texts[properties.severity] || properties.severity_label || properties.severity || "–");
  const details = amounts(properties, texts);
  return element(
    "li",
    { id: `finding-${properties.id}` },
    element(
      "button",
      { type: "button", class: "finding", onclick: () => select(properties.id, true) },
      element("span", { class: "finding-head" }, badge, element("code", {}, properties.rule || "")),
      element("strong", {}, properties.title || properties.rule || ""),
      properties.message ? element("span", { class: "finding-message" }, properties.message) : null,
      details ? element("small", {}, details) : null,
    ),
    addresses.finding ? element("a", { href: addresses.finding.replace("/0/", `/${encodeURIComponent(properties.id)}/`), class: "open-finding" }, texts.openFinding) : null,
  );
}

/** Load the findings; returns how to select one by its number. */
export async function createFindingsPanel(panel, map, content, { open, choose, count, onSelect }) {
  const { texts } = content;
  const tell = (sentence, kind = "note") => panel.replaceChildren(element("p", { class: kind }, sentence));
  const nothing = { select: () => {} };
  if (!content.addresses.findings) {
    tell(texts.findingsMissing, "problem");
    return nothing;
  }
  tell(texts.findingsLoading);
  let collection;
  try {
    collection = await askServer(content.addresses.findings);
  } catch (problem) {
    tell(problem.told ? `${texts.findingsMissing} ${problem.told}` : texts.findingsMissing, "problem");
    return nothing;
  }
  const findings = new Map(collection.features.map((finding) => [String(finding.properties.id), finding]));
  if (!findings.size) {
    tell(texts.findingsNone);
    return nothing;
  }
  const shapes = new Map();
  let selected = null;

  function select(id, isFromList) {
    const finding = findings.get(String(id));
    if (!finding) return;
    if (selected) {
      shapes.get(selected)?.setStyle?.(style(findings.get(selected), false));
      document.getElementById(`finding-${selected}`)?.classList.remove("chosen");
    }
    selected = String(id);
    open();
    const item = document.getElementById(`finding-${selected}`);
    item.classList.add("chosen");
    item.scrollIntoView({ block: "nearest" });
    choose(parties(finding));
    const shape = shapes.get(selected);
    if (shape) {
      shape.setStyle?.(style(finding, true));
      shape.bringToFront?.();
      const bounds = shape.getBounds ? shape.getBounds() : L.latLngBounds([shape.getLatLng()]);
      if (isFromList && bounds.isValid()) map.fitBounds(bounds.pad(0.4), { maxZoom: CLOSEST_ZOOM });
    }
    onSelect(selected);
  }

  L.geoJSON(collection, {
    filter: (finding) => Boolean(finding.geometry),
    style: (finding) => style(finding, false),
    pointToLayer: (finding, latlng) => L.circleMarker(latlng, { ...style(finding, false), radius: 7 }),
    onEachFeature: (finding, shape) => {
      shapes.set(String(finding.properties.id), shape);
      shape.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        select(finding.properties.id, false);
      });
    },
  }).addTo(map);
  count.textContent = String(findings.size);
  panel.replaceChildren(element("ul", { class: "findings" }, [...findings.values()].map((finding) => listItem(finding, content, select))));
  return { select: (id) => select(id, true) };
}
