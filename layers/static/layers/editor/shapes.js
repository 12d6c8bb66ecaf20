/** The features of a draft as outlines that can be clicked, dragged and snapped to. */
import { isSameShape } from "./content.js";

const LOOKS = {
  "": { color: "#1f4e5f", weight: 1.5 },
  create: { color: "#2d6a3e", weight: 3 },
  replace: { color: "#b5622b", weight: 3 },
  delete: { color: "#a3231a", weight: 2, dashArray: "3 5", fillOpacity: 0.05 },
  refused: { color: "#a3231a", weight: 4, fillOpacity: 0.25 },
  conflict: { color: "#7d2ae8", weight: 4, fillOpacity: 0.25 },
};
const CHOSEN = "#e0218a";
const POINT_PX = 8;

/** How a feature is marked: what the draft does to it, and whether that got through. */
export function markOf(entry) {
  if (entry.state === "refused" || entry.state === "conflict") return entry.state;
  if (entry.mine === null || (entry.mine === undefined && entry.isDeleted && !entry.stored)) return "delete";
  if (entry.mine !== undefined) return entry.stored ? "replace" : "create";
  return entry.stored?.edited ?? "";
}

function styleOf(entry, colour, isChosen) {
  const look = { fillColor: colour, fillOpacity: 0.3, dashArray: entry.state === "waiting" ? "8 5" : null, ...LOOKS[markOf(entry)] };
  return isChosen ? { ...look, color: CHOSEN, weight: 4 } : look;
}

/** A Leaflet layer for one GeoJSON geometry, whatever its kind. */
export function layerFor(geometry, options = {}) {
  const [layer] = L.geoJSON({ type: "Feature", properties: {}, geometry }, {
    ...options,
    style: options,
    pointToLayer: (_feature, place) => L.circleMarker(place, { radius: POINT_PX, ...options }),
  }).getLayers();
  return layer;
}

/** Draw what ``content`` knows; ``onChoose(id, event)`` when one is clicked. */
export function createShapes({ map, content, colourOf, onChoose }) {
  const drawn = new Map();
  const group = L.featureGroup().addTo(map);
  const rebuilt = [];
  let chosen = new Set();
  let isHidden = false;

  function visibleGeometry(entry) {
    if (markOf(entry) === "delete") return (entry.stored ?? entry.before)?.geometry ?? null;
    return content.shown(entry.id)?.geometry ?? null;
  }

  function drop(id) {
    drawn.get(id)?.layer.remove();
    group.removeLayer(drawn.get(id)?.layer ?? L.layerGroup());
    drawn.delete(id);
  }

  function build(entry, geometry) {
    const isGone = markOf(entry) === "delete";
    const layer = layerFor(geometry, { pmIgnore: isGone, snapIgnore: isGone, className: "feature-shape" });
    layer.on("click", (event) => onChoose(entry.id, event));
    drawn.set(entry.id, { layer, geometry, isGone });
    group.addLayer(layer);
    rebuilt.forEach((listener) => listener(entry.id));
  }

  function style(entry) {
    const { layer, geometry } = drawn.get(entry.id);
    const colour = colourOf(content.shown(entry.id) ?? entry.stored ?? entry.before ?? {});
    layer.setStyle?.(styleOf(entry, colour, chosen.has(entry.id)));
    layer.eachLayer?.((part) => part.setStyle?.(styleOf(entry, colour, chosen.has(entry.id))));
    if (chosen.has(entry.id)) layer.bringToFront?.();
    layer.getElement?.()?.setAttribute("data-feature", entry.id);
    layer.getElement?.()?.setAttribute("data-mark", markOf(entry));
    drawn.get(entry.id).geometry = geometry;
  }

  function refresh(ids) {
    for (const id of ids) {
      const entry = content.entries.get(id);
      const geometry = entry && !isHidden && isWanted(entry) ? visibleGeometry(entry) : null;
      const now = drawn.get(id);
      const isGone = entry && markOf(entry) === "delete";
      if (!geometry) drop(id);
      else if (!now || now.isGone !== isGone || !isSameShape(now.geometry, geometry)) {
        drop(id);
        build(entry, geometry);
      }
      if (drawn.has(id)) style(entry);
    }
  }

  const isWanted = (entry) => content.isInView(entry.id) || entry.mine !== undefined || entry.isDeleted || chosen.has(entry.id) || Boolean(entry.stored?.edited);

  content.onChange(refresh);
  return {
    layerOf: (id) => drawn.get(id)?.layer ?? null,
    onRebuilt: (listener) => rebuilt.push(listener),
    /** The shape a person just dragged is what is drawn: do not draw it anew under their hand. */
    accept(id, geometry) {
      if (drawn.has(id)) drawn.get(id).geometry = geometry;
    },
    choose(ids) {
      const touched = new Set([...chosen, ...ids]);
      chosen = new Set(ids);
      refresh(touched);
    },
    hide(isAsked) {
      if (isHidden === isAsked) return;
      isHidden = isAsked;
      refresh(content.entries.keys());
    },
    /** Draw a shape again as the server has it. */
    redraw(id) {
      drop(id);
      refresh([id]);
    },
  };
}
