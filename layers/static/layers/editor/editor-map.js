/** The map of an editor: other layers beneath as they are published, the shapes to edit on top. */
import { addCoordinates } from "../coordinates.js";
import { createLayerStack } from "../layer-stack.js";

const CLOSEST = 22;

export function bounds([west, south, east, north]) {
  return L.latLngBounds([south, west], [north, east]);
}

/** Where to look first: what the address says, else the layer, else the city. */
function startView(map, page) {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  const [lat, lon, z] = ["lat", "lon", "z"].map((name) => (asked.has(name) ? Number(asked.get(name)) : NaN));
  if ([lat, lon, z].every(Number.isFinite) && Math.abs(lat) <= 85) map.setView([lat, lon], z);
  else map.fitBounds(bounds(page.start), { maxZoom: 19 });
}

function rememberView(map) {
  const { lat, lng } = map.getCenter();
  const view = new URLSearchParams({ lat: lat.toFixed(7), lon: lng.toFixed(7), z: map.getZoom() });
  window.history.replaceState(null, "", `${window.location.pathname}${window.location.search}#${view}`);
}

/** A Leaflet map in #map with the published layers; ``page`` is the page's content. */
export function createEditorMap(page) {
  const { texts } = page;
  const map = L.map("map", { zoomControl: false, minZoom: 4, maxZoom: CLOSEST, doubleClickZoom: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
  L.control.scale({ metric: true, imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  addCoordinates(map, page.projection, texts.coordinates);
  const stack = createLayerStack(map, page);
  startView(map, page);
  rememberView(map);
  map.on("moveend", () => rememberView(map));
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  return { map, stack };
}

/** Which layers lie beneath, each with a switch. */
export function fillBackgrounds(box, page, stack, element) {
  for (const layer of stack.layers.values()) {
    if (layer.slug === page.layer.slug) continue;
    const id = `beneath-${layer.slug}`;
    const input = element("input", { type: "checkbox", id, checked: stack.isShown(layer.slug), onchange: (event) => stack.show(layer.slug, event.target.checked) });
    box.append(element("li", {}, input, " ", element("label", { for: id }, layer.title)));
  }
}

/** The panel beside the map: its tabs, and on a phone the sheet that is raised and lowered. */
export function createTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const panel = document.getElementById("panel");
  const handle = document.querySelector(".sheet-handle");
  const raise = (isOpen) => {
    panel.classList.toggle("raised", isOpen);
    handle.setAttribute("aria-expanded", String(isOpen));
  };
  function open(name, isRaised = true) {
    for (const tab of tabs) {
      const isOpen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isOpen;
    }
    if (isRaised) raise(true);
  }
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => open(tab.id.replace("tab-", "")));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      open(next.id.replace("tab-", ""));
      next.focus();
    });
  });
  handle.addEventListener("click", () => raise(!panel.classList.contains("raised")));
  return { open, lower: () => raise(false) };
}
