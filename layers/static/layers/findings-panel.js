/** Findings as a list and on the map: either side selects on the other. */
import { askServer, element } from "./element.js";

const COLOURS = { critical: "#B00020", high: "#D35400", medium: "#C79100", low: "#7A8A1E" };
const QUIET = "#4F6D7A";
const CLOSEST_ZOOM = 18;

const colourOf = (finding) => COLOURS[finding.properties.severity] || QUIET;

function style(finding, isChosen) {
  const colour = colourOf(finding);
  return { color: isChosen ? "#E0218A" : colour, weight: isChosen ? 6 : 3, opacity: 0.9, fillColor: colour, fillOpacity: isChosen ? 0.45 : 0.25 };
}

function amounts(properties, texts) {
  const parts = [];
  if (properties.measured) parts.push(`${texts.measured}: ${properties.measured}`);
  if (properties.required) parts.push(`${texts.required}: ${properties.required}`);
  return parts.join(" · ");
}

/** The features a finding speaks of, from "layer/identifier". */
function parties(finding) {
  return [finding.properties.subject, finding.properties.object]
    .filter((party) => party && party.includes("/"))
    .map((party) => ({ layer: party.slice(0, party.indexOf("/")), stable_id: party.slice(party.indexOf("/") + 1) }))
    .filter((party) => party.layer && party.stable_id);
}

function badges(properties) {
  return element(
    "span",
    { class: "finding-head" },
    element("span", { class: `badge severity ${properties.severity}` }, properties.severity_label),
    element("code", {}, properties.rule),
    element("small", {}, properties.state_label),
  );
}

function listItem(finding, texts, select) {
  const { properties } = finding;
  const button = element(
    "button",
    { type: "button", class: "finding", onclick: () => select(properties.number, true) },
    badges(properties),
    element("strong", {}, properties.title),
    element("span", {}, properties.explanation),
    element("small", {}, amounts(properties, texts)),
    properties.basis_label ? element("span", { class: `badge basis ${properties.basis}` }, properties.basis_label) : null,
  );
  return element("li", { id: `finding-${properties.number}` }, button, element("a", { href: properties.url, class: "open-finding" }, texts.openFinding));
}

/** The findings, the gravest first, and the one the address asks for even if it is not among them. */
async function loadFindings(address, wanted) {
  const collection = await askServer(address);
  const isThere = (number) => collection.features.some((finding) => String(finding.properties.number) === number);
  if (wanted && !isThere(wanted)) {
    const single = await askServer(`${address}?${new URLSearchParams({ finding: wanted })}`);
    collection.features.push(...single.features);
  }
  return collection;
}

/** Load the findings; returns how to select one by its number. */
export async function createFindingsPanel(panel, map, content, { open, choose, count, onSelect, wanted }) {
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
    collection = await loadFindings(content.addresses.findings, wanted);
  } catch (problem) {
    tell(problem.told ? `${texts.findingsMissing} ${problem.told}` : texts.findingsMissing, "problem");
    return nothing;
  }
  const findings = new Map(collection.features.map((finding) => [String(finding.properties.number), finding]));
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
      shapes.set(String(finding.properties.number), shape);
      shape.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        select(finding.properties.number, false);
      });
    },
  }).addTo(map);
  const total = Math.max(collection.total ?? 0, findings.size);
  count.textContent = String(total);
  panel.replaceChildren(
    total > findings.size ? element("p", { class: "note" }, `${texts.gravestOf} ${findings.size} / ${total}`) : "",
    element("ul", { class: "findings" }, [...findings.values()].map((finding) => listItem(finding, texts, select))),
  );
  return { select: (id) => select(id, true) };
}
