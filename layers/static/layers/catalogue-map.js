/** The small map of the catalogue: a rectangle drawn on it becomes what the search asks for. */
import { createLayerStack } from "./layer-stack.js";

const content = JSON.parse(document.getElementById("catalogue-map-content").textContent);
const { texts } = content;
const byId = (id) => document.getElementById(id);
const place = byId("place-map");
const field = byId("id_bbox");
const LOOK = { color: "#E0218A", weight: 3, fillOpacity: 0.12 };
const DEGREES = 6;
let map = null;
let drawn = null;

const tell = (text) => { byId("rectangle-state").textContent = text; };

/** The rectangle that stands in the field, null for none or for what is no rectangle. */
function typed() {
  const edges = field.value.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  const [west, south, east, north] = edges;
  const isBox = edges.length === 4 && edges.every(Number.isFinite) && west <= east && south <= north && Math.abs(south) <= 85 && Math.abs(north) <= 85;
  return isBox ? L.latLngBounds([south, west], [north, east]) : null;
}

function show(bounds) {
  drawn?.remove();
  drawn = bounds && L.rectangle(bounds, { ...LOOK, pmIgnore: true, interactive: false }).addTo(map);
  place.dataset.drawn = bounds ? "yes" : "no";
}

function take(bounds) {
  const inWorld = (degree) => Math.min(Math.max(degree, -180), 180);
  field.value = [inWorld(bounds.getWest()), bounds.getSouth(), inWorld(bounds.getEast()), bounds.getNorth()].map((degree) => degree.toFixed(DEGREES)).join(",");
  show(bounds);
  tell(texts.drawn);
}

function open() {
  if (map) return;
  map = L.map("catalogue-map", { maxZoom: content.maxZoom ?? 20, zoomControl: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const [west, south, east, north] = content.extent;
  map.fitBounds(typed()?.pad(0.4) ?? [[south, west], [north, east]]);
  createLayerStack(map, content);
  show(typed());
  map.on("pm:create", ({ layer }) => {
    const bounds = layer.getBounds();
    layer.remove();
    map.pm.disableDraw();
    take(bounds);
  });
}

byId("draw-rectangle").addEventListener("click", () => {
  tell(texts.draw);
  map.pm.enableDraw("Rectangle", { pathOptions: LOOK, tooltips: false, snappable: false, cursorMarker: false });
});
byId("take-view").addEventListener("click", () => {
  map.pm.disableDraw();
  take(map.getBounds());
});
byId("no-rectangle").addEventListener("click", () => {
  map.pm.disableDraw();
  field.value = "";
  show(null);
  tell(texts.none);
});
field.addEventListener("input", () => map && show(typed()));
place.addEventListener("toggle", () => place.open && open());
place.hidden = false;
if (field.value) place.open = true;
