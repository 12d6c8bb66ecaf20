/** The small map of one finding: both sides as measured, and the evidence with its measure. */
import { askServer, element } from "../layers/element.js";

const LOOKS = {
  subject: { color: "#9C2F2F", weight: 2, fillOpacity: 0.25 },
  object: { color: "#2B5C8A", weight: 2, fillOpacity: 0.25 },
  evidence: { color: "#E0218A", weight: 4, fillOpacity: 0.45 },
};
const place = document.getElementById("finding-map");

function draw(collection) {
  place.hidden = false;
  const map = L.map(place, { maxZoom: 22, attributionControl: false });
  L.control.scale({ imperial: false }).addTo(map);
  const shown = L.geoJSON(collection, {
    style: ({ properties }) => LOOKS[properties.role],
    pointToLayer: ({ properties }, at) => L.circleMarker(at, { radius: 7, ...LOOKS[properties.role] }),
    // Leaflet takes a text for HTML; a name comes with a file
    onEachFeature: ({ properties }, layer) => layer.bindTooltip(() => element("span", {}, properties.label), { permanent: true, className: `of-${properties.role}`, direction: properties.role === "evidence" ? "center" : "top" }),
  }).addTo(map);
  map.fitBounds(shown.getBounds().pad(0.15), { maxZoom: 19 });
  place.dataset.drawn = String(shown.getLayers().length);
}

// Without the map the page says everything in words: a network that is slow or gone takes nothing away.
askServer(place.dataset.address)
  .then((collection) => collection.features.length && draw(collection))
  .catch(() => { place.hidden = true; });
