/** What differs between two versions of a layer: added green, removed red, changed before and after. */
import { askServer, element } from "./element.js";

const content = JSON.parse(document.getElementById("diff-content").textContent);
const status = document.getElementById("diff-status");
const map = L.map("diff-map", { maxZoom: 22, attributionControl: false });
L.control.scale({ imperial: false }).addTo(map);
const shown = L.featureGroup().addTo(map);

function draw(feature, look, title) {
  const style = { weight: 2, fillOpacity: 0.3, ...look };
  L.geoJSON(feature, {
    style,
    pointToLayer: (_feature, place) => L.circleMarker(place, { radius: 6, ...style }),
    // Leaflet takes a text for HTML; an identifier comes with a file
    onEachFeature: (_feature, layer) => layer.bindTooltip(() => element("span", {}, title)),
  }).addTo(shown);
}

function drawDifference({ id, kind, before, after }) {
  const { colours } = content;
  if (kind === "added") return draw(after, { color: colours.added }, id);
  if (kind === "removed") return draw(before, { color: colours.removed }, id);
  if (kind !== "attributes") draw(before, { color: colours.before, dashArray: "5 4", fillOpacity: 0 }, id);
  return draw(after, { color: colours.after }, id);
}

async function drawAll() {
  let next = "";
  do {
    const after = next ? `&after=${encodeURIComponent(next)}` : "";
    const page = await askServer(`${content.address}${after}`);
    page.differences.forEach(drawDifference);
    if (!next) map.fitBounds(shown.getBounds().pad(0.1), { maxZoom: 19 });
    next = page.next;
  } while (next);
}

map.setView([0, 0], 2);
drawAll()
  .then(() => document.getElementById("diff-map").setAttribute("data-drawn", shown.getLayers().length))
  .catch((error) => { status.textContent = error.told || error.message; });
