/** Drawing, moving corners and moving whole features: Leaflet-Geoman does the handwork. */
import { measures, written } from "./measure.js";

const SNAP_PX = 15;
const DRAWN = { polygon: "Polygon", line: "Line", point: "CircleMarker" };
const LOOK = { color: "#e0218a", weight: 3, fillOpacity: 0.15 };

/** Which shapes may be drawn into a layer. */
export function kindsOf(geometryKind) {
  return geometryKind === "mixed" ? ["polygon", "line", "point"] : [geometryKind];
}

function prepare(map, texts) {
  const tooltips = {
    placeMarker: texts.clickPlace, placeCircleMarker: texts.clickPlace, placeMarkerTouch: texts.clickPlace, firstVertex: texts.clickFirst,
    continueLine: texts.clickNext, finishLine: texts.clickLast, finishPoly: texts.clickFirstAgain,
  };
  map.pm.setLang("km", { tooltips }, "en");
  map.pm.setGlobalOptions({
    snappable: true, snapDistance: SNAP_PX, finishOnEnter: true, continueDrawing: false, allowSelfIntersection: true,
    removeLayerBelowMinVertexCount: false, pathOptions: LOOK, templineStyle: LOOK, hintlineStyle: { ...LOOK, dashArray: "5 5" },
    tooltips: window.matchMedia("(hover: hover)").matches,
  });
}

/** The geometry of a drawn Leaflet layer, in full precision. */
export const geometryOf = (layer) => layer.toGeoJSON(false).geometry;

/** Show area and length while a shape is drawn, with the stretch to the pointer. */
function showWhileDrawing(map, projection, output) {
  let working = null;
  let isArea = false;
  function show(pointer) {
    const corners = [...(working?.getLatLngs?.() ?? [])].flat();
    if (pointer) corners.push(pointer);
    const places = corners.map(({ lng, lat }) => [lng, lat]);
    if (places.length < 2) return;
    const isRing = isArea && places.length > 2;
    const geometry = isRing ? { type: "Polygon", coordinates: [[...places, places[0]]] } : { type: "LineString", coordinates: places };
    output.textContent = `≈ ${written(measures(geometry, projection))}`;
  }
  const follow = (event) => show(event.latlng);
  map.on("pm:drawstart", ({ workingLayer, shape }) => {
    working = workingLayer;
    isArea = shape === "Polygon";
    map.on("mousemove", follow);
    workingLayer.on("pm:vertexadded", () => show(null));
  });
  map.on("pm:drawend", () => {
    map.off("mousemove", follow);
    working = null;
  });
}

/**
 * One tool is in hand at a time. ``start(name, {kind, onDrawn, onClick})`` takes one up;
 * ``stop()`` puts it down. ``onReshaped(id, geometry)`` when corners or a whole feature moved.
 */
export function createTools({ map, shapes, texts, projection, output, onReshaped, onStop }) {
  let tool = { name: "choose" };
  let held = null; // the feature whose corners are shown
  prepare(map, texts);
  showWhileDrawing(map, projection, output);

  function release() {
    held?.layer.pm?.disable();
    held?.layer.pm?.disableLayerDrag();
    held?.layer.off("pm:edit pm:change pm:drag");
    held = null;
  }

  function hold(id) {
    release();
    const layer = shapes.layerOf(id);
    if (!layer?.pm) return;
    held = { id, layer };
    if (tool.name === "move") layer.pm.enableLayerDrag();
    else layer.pm.enable({ allowSelfIntersection: true, snappable: tool.snaps !== false });
    layer.on("pm:change pm:drag", () => {
      output.textContent = `≈ ${written(measures(geometryOf(layer), projection))}`;
    });
    layer.on("pm:edit", () => {
      const geometry = geometryOf(layer);
      shapes.accept(id, geometry);
      onReshaped(id, geometry);
    });
  }

  function stop() {
    if (tool.name === "choose") return;
    release();
    const stopped = tool;
    tool = { name: "choose" };
    if (map.pm.globalDrawModeEnabled()) map.pm.disableDraw();
    map.off("click", stopped.onClick);
    output.textContent = "";
    onStop();
  }

  map.on("pm:create", ({ layer }) => {
    const geometry = geometryOf(layer);
    layer.remove();
    const { onDrawn } = tool;
    stop();
    onDrawn?.(geometry);
  });
  shapes.onRebuilt((id) => {
    if (held?.id === id && (tool.name === "corners" || tool.name === "move")) hold(id);
  });

  return {
    name: () => tool.name,
    stop,
    isDrawing: () => map.pm.globalDrawModeEnabled(),
    start(name, given = {}) {
      stop();
      tool = { name, ...given };
      if (given.kind) map.pm.enableDraw(DRAWN[given.kind], { snappable: given.snaps !== false, allowSelfIntersection: given.kind !== "polygon" });
      if (given.onClick) map.on("click", given.onClick);
      if (given.id) hold(given.id);
    },
    /** Geoman's own buttons do just this; it has no public name for it. */
    finish: () => map.pm.Draw[map.pm.Draw.getActiveShape()]?._finishShape?.(),
    removeLastCorner: () => map.pm.Draw[map.pm.Draw.getActiveShape()]?._removeLastVertex?.(),
  };
}
