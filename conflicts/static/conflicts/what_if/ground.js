/** The map of what-if: the shapes of the alternative at hand, and the evidence of what is found. */
import { addCoordinates } from "../../layers/coordinates.js";
import { bounds, fillBackgrounds } from "../../layers/editor/editor-map.js";
import { layerFor } from "../../layers/editor/shapes.js";
import { createTools } from "../../layers/editor/tools.js";
import { element } from "../../layers/element.js";
import { createLayerStack } from "../../layers/layer-stack.js";

const CLOSEST = 22;
const CLOSE = 17;
const LOOK = { color: "#e0218a", weight: 3, fillOpacity: 0.2 };
const GONE = { color: "#a3231a", weight: 3, dashArray: "3 5", fillOpacity: 0.05 };
const EVIDENCE = {
  appears: { color: "#a3231a", weight: 3, dashArray: "6 4" },
  worse: { color: "#a3231a", weight: 3, dashArray: "2 4" },
  stays: { color: "#56666d", weight: 2, dashArray: "6 4" },
  better: { color: "#2d6a3e", weight: 2, dashArray: "2 4" },
  goes: { color: "#2d6a3e", weight: 3, dashArray: "6 4" },
};
const CHOSEN = { color: "#1d4ed8", weight: 6, dashArray: null };

/** ``onDrawn(geometry)``, ``onReshaped(id, geometry)``, ``onChosen(latlng)``, ``onTool(isInHand)``. */
export function createGround(page, { onDrawn, onReshaped, onChosen, onTool, hint, output }) {
  const { texts } = page;
  const map = L.map("map", { zoomControl: false, minZoom: 4, maxZoom: CLOSEST, doubleClickZoom: false });
  map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: texts.zoomIn, zoomOutTitle: texts.zoomOut }).addTo(map);
  L.control.scale({ metric: true, imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  addCoordinates(map, page.projection, texts.coordinates);
  const stack = createLayerStack(map, page);
  // where the map looks, for whoever reads the page by a program
  map.on("moveend", () => { map.getContainer().dataset.view = [map.getCenter().lat, map.getCenter().lng, map.getZoom()].join(" "); });
  map.fitBounds(bounds(page.extent));
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  fillBackgrounds(document.getElementById("backgrounds"), { ...page, layer: { slug: "" } }, stack, element);

  const drawn = new Map();
  const marked = new Map();
  const evidence = L.featureGroup([], { pmIgnore: true }).addTo(map);
  const shapes = { layerOf: (id) => drawn.get(id) ?? null, accept() {}, onRebuilt() {} };
  const tools = createTools({
    map, shapes, texts, projection: page.projection, output, onReshaped,
    onStop: () => { hint.textContent = ""; onTool(null); },
  });

  return {
    map,
    draw(kind) {
      hint.textContent = kind === "point" ? texts.clickPlace : texts.clickFirst;
      tools.start("draw", { kind, onDrawn });
      onTool("draw");
    },
    choose() {
      hint.textContent = texts.chooseOnMap;
      tools.start("pick", { onClick: ({ latlng }) => { tools.stop(); onChosen(latlng); } });
      onTool("pick");
    },
    take(name, id) {
      hint.textContent = name === "move" ? texts.dragIt : texts.dragCorners;
      tools.start(name, { id });
      onTool(name);
    },
    stop: () => tools.stop(),
    finish: () => tools.finish(),
    isAtWork: () => tools.name() === "move" || tools.name() === "corners",
    /** Draw the shapes of one alternative. */
    show(changes) {
      for (const layer of drawn.values()) layer.remove();
      drawn.clear();
      for (const change of changes) {
        if (!change.geometry) continue;
        const layer = layerFor(change.geometry, { ...(change.removed ? GONE : LOOK), pmIgnore: change.removed });
        drawn.set(change.id, layer.addTo(map));
        layer.getElement?.()?.setAttribute("data-shape", change.id);
      }
    },
    goTo(geometry) {
      const layer = layerFor(geometry);
      map.fitBounds(layer.getBounds?.() ?? L.latLngBounds([layer.getLatLng(), layer.getLatLng()]), { maxZoom: CLOSE, padding: [40, 40] });
    },
    /** Mark where the rules bite. */
    mark(findings, place) {
      evidence.clearLayers();
      marked.clear();
      findings.forEach((finding, number) => {
        const look = { ...EVIDENCE[finding.effect], fillOpacity: 0.15, pmIgnore: true, snapIgnore: true, interactive: false, className: `evidence evidence-${finding.effect}` };
        const layer = layerFor(finding.evidence, look);
        marked.set(`${place}-${number}`, { layer, look });
        evidence.addLayer(layer);
      });
    },
    point(key) {
      for (const { layer, look } of marked.values()) layer.setStyle?.(look);
      const found = marked.get(key);
      if (!found) return;
      found.layer.setStyle?.(CHOSEN);
      found.layer.bringToFront?.();
      const area = found.layer.getBounds?.() ?? L.latLngBounds([found.layer.getLatLng(), found.layer.getLatLng()]);
      map.fitBounds(area, { maxZoom: CLOSE, padding: [60, 60] });
    },
  };
}
