/** The city's own layers with the shapes of a file over them: does it fit? */
import { askServer, element, filled } from "../element.js";
import { createLayerStack } from "../layer-stack.js";

const ORANGE = "#E8590C";
const content = JSON.parse(document.getElementById("preview-content").textContent);
const status = document.getElementById("preview-status");
const legend = document.getElementById("preview-legend");
const container = document.getElementById("preview-map");
const map = L.map(container, { maxZoom: 20, preferCanvas: true });
map.attributionControl.setPrefix(false);
L.control.scale({ imperial: false }).addTo(map);
const [west, south, east, north] = content.extent;
map.fitBounds([[south, west], [north, east]]);
createLayerStack(map, content);
map.createPane("file").style.zIndex = 450;
map.createPane("picture").style.zIndex = 440;
let drawn = null;
let pictured = null;

function styleOf(feature) {
  const known = content.colours[feature.properties.land_use];
  return { pane: "file", color: ORANGE, weight: 2, fillColor: known ? known[0] : ORANGE, fillOpacity: known ? 0.75 : pictured ? 0 : 0.25 };
}

function tellClasses(collection) {
  if (!legend) return;
  const used = new Set(collection.features.map((feature) => feature.properties.land_use).filter((code) => content.colours[code]));
  legend.replaceChildren(...[...used].sort().map((code) => {
    const sample = element("span", { "aria-hidden": "true" });
    sample.style.background = content.colours[code][0];
    return element("li", {}, sample, `${content.colours[code][1]} (${code})`);
  }));
}

/** A grid: its cells in grey, of which the map below still shows through. */
function showPicture({ url, extent }) {
  const [left, bottom, right, top] = extent;
  pictured = L.imageOverlay(url, [[bottom, left], [top, right]], { pane: "picture", opacity: 0.75, className: "grid-picture" }).addTo(map);
  status.textContent = content.texts.pictured;
}

/** Show both the file and the city, unless they are countries apart. */
function draw(collection) {
  drawn?.remove();
  pictured?.remove();
  drawn = pictured = null;
  const count = collection?.features.length || 0;
  status.textContent = filled(content.texts.drawn, { count });
  container.setAttribute("data-drawn", count);
  container.setAttribute("data-pictured", collection?.picture ? "yes" : "no");
  if (!count) return;
  if (collection.picture) showPicture(collection.picture);
  drawn = L.geoJSON(collection, {
    style: styleOf,
    pointToLayer: (feature, place) => L.circleMarker(place, { radius: 5, ...styleOf(feature) }),
  }).addTo(map);
  map.fitBounds(drawn.getBounds().pad(0.2), { maxZoom: 18, animate: false });
  tellClasses(collection);
}

async function start() {
  const placed = await askServer(content.address);
  if ("trial" in placed) {
    draw(placed.trial);
    return;
  }
  const chosen = () => document.querySelector("[name=srid]:checked, [name=srid_shown]:checked")?.value;
  for (const radio of document.querySelectorAll("[name=srid]")) radio.addEventListener("change", () => draw(placed[chosen()]));
  draw(placed[chosen()]);
}

start().catch((error) => { status.textContent = error.told || content.texts.failed; });
