/** The plan map: puts the parts together and keeps the address of what is looked at. */
import { addCoordinates } from "./coordinates.js";
import { createFindingsPanel } from "./findings-panel.js";
import { createLayerStack } from "./layer-stack.js";
import { buildLayerTree } from "./layer-tree.js";
import { createPlacePanel } from "./place-panel.js";
import { createSearchBox } from "./search-box.js";
import { useMarks } from "./written.js";

const CLOSE_ZOOM = 17;
const CLOSEST_ZOOM = 18;
const PLACE_MARGIN = 40; // pixels
const content = JSON.parse(document.getElementById("map-content").textContent);
const { texts } = content;
useMarks(content.marks);
const byId = (id) => document.getElementById(id);

/** What the address asks for: the part after # wins over the part after ?. */
function asked() {
  const wanted = new URLSearchParams(window.location.search);
  for (const [name, value] of new URLSearchParams(window.location.hash.slice(1))) wanted.set(name, value);
  return wanted;
}

function bounds([west, south, east, north]) {
  return L.latLngBounds([south, west], [north, east]);
}

/** How much of the map the panel covers from below [pixels]: on a phone it is a sheet over the map. */
function coveredHeight() {
  if (getComputedStyle(byId("panel")).position !== "absolute") return 0;
  return Math.max(0, byId("map").getBoundingClientRect().bottom - byId("panel").getBoundingClientRect().top);
}

/** Show a part of the map, clear of the panel where that lies over it. */
function fit(map, area, options = {}) {
  map.fitBounds(area, { ...options, paddingBottomRight: [0, coveredHeight()] });
}

/** Move the map just so far that a place comes out from under the panel. */
function uncover(map, latlng) {
  const covered = coveredHeight();
  if (covered) map.panInside(latlng, { paddingTopLeft: [PLACE_MARGIN, PLACE_MARGIN], paddingBottomRight: [PLACE_MARGIN, covered + PLACE_MARGIN] });
}

function createMap() {
  const map = L.map("map", { zoomControl: false, minZoom: Math.max(content.leaflet.minZoom, 4), maxZoom: content.leaflet.maxZoom, preferCanvas: true });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
  L.control.scale({ metric: true, imperial: content.leaflet.scale !== "metric", position: "bottomright", maxWidth: 140 }).addTo(map);
  addCoordinates(map, content.projection, texts.coordinates);
  return map;
}

function createTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const handle = document.querySelector(".sheet-handle");
  const panel = byId("panel");
  const raise = (isOpen) => {
    panel.classList.toggle("raised", isOpen);
    handle.setAttribute("aria-expanded", String(isOpen));
  };
  function open(name) {
    for (const tab of tabs) {
      const isOpen = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !isOpen;
    }
    raise(true);
  }
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => open(tab.id.replace("tab-", "")));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        const next = tabs[(index + step + tabs.length) % tabs.length];
        open(next.id.replace("tab-", ""));
        next.focus();
      }
    });
  });
  handle.addEventListener("click", () => raise(!panel.classList.contains("raised")));
  return { open, lower: () => raise(false) };
}

/** Write the view into the address, so that it can be sent to a colleague. */
function rememberView(map, state) {
  const centre = map.getCenter();
  const view = new URLSearchParams({ lat: centre.lat.toFixed(5), lon: centre.lng.toFixed(5), z: map.getZoom() });
  if (state.finding) view.set("finding", state.finding);
  const query = new URLSearchParams(window.location.search);
  if (!state.isAtFeature) query.delete("feature");
  const address = `${window.location.pathname}${query.size ? `?${query}` : ""}#${view}`;
  window.history.replaceState(null, "", address);
}

function startView(map, wanted, stack) {
  const [lat, lon, z] = ["lat", "lon", "z"].map((name) => (wanted.has(name) ? Number(wanted.get(name)) : NaN));
  const layer = stack.layers.get(wanted.get("layer"));
  if (Number.isFinite(lat) && Number.isFinite(lon) && Math.abs(lat) <= 85) map.setView([lat, lon], Number.isFinite(z) ? z : CLOSE_ZOOM);
  else if (content.asked?.extent) fit(map, bounds(content.asked.extent), { maxZoom: CLOSEST_ZOOM });
  else if (layer?.extent) fit(map, bounds(layer.extent));
  else fit(map, bounds(content.extent));
}

function start() {
  const wanted = asked();
  const state = { finding: wanted.get("finding"), isAtFeature: Boolean(content.asked) };
  const map = createMap();
  const stack = createLayerStack(map, content);
  const tabs = createTabs();
  const zoomTo = (extent) => fit(map, bounds(extent), { maxZoom: CLOSE_ZOOM });
  const tree = buildLayerTree(byId("panel-layers"), content, stack, map, zoomTo);
  const choose = (features) => {
    features.forEach(({ layer }) => tree.switchOn(layer));
    stack.choose(features);
  };
  if (wanted.has("layer")) tree.switchOn(wanted.get("layer"));
  if (content.asked) tabs.open("place"); // first: it may cover a part of the map
  startView(map, wanted, stack);
  const leaveFeature = () => {
    if (!state.isAtFeature) return;
    state.isAtFeature = false;
    rememberView(map, state);
  };
  const place = createPlacePanel(byId("panel-place"), map, content, { open: () => tabs.open("place"), uncover: (latlng) => uncover(map, latlng), choose, onAsk: leaveFeature });
  byId("map").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === byId("map")) place.ask(map.getCenter());
  });
  createSearchBox(byId("search-form"), content, (result) => {
    place.showFeature(result.layer, result.stable_id); // first: its card may cover a part of the map
    zoomTo(result.extent);
  });
  map.on("moveend", () => rememberView(map, state));
  createFindingsPanel(byId("panel-findings"), map, content, {
    open: () => tabs.open("findings"),
    choose,
    show: (area) => fit(map, area, { maxZoom: CLOSEST_ZOOM }),
    wanted: state.finding,
    count: byId("findings-count"),
    onSelect: (id) => {
      state.finding = id;
      rememberView(map, state);
    },
  });
  if (content.asked) {
    place.show(content.asked);
    if (wanted.has("lat")) uncover(map, map.getCenter());
  }
  document.documentElement.dataset.map = "ready";
}

start();
