/** The layers on the map: areas below, grids between, everything else and the names on top. */
import { highlightRule, labelFont, labelRule, paintRules } from "./painting.js";

const MOST_DETAILED_TILES = 16;
// Areas that carpet the ground are drawn under the grids, so that roads and names stay readable.
const GROUND_RANK = 5;

function tileExtent(coords) {
  const side = 2 ** coords.z;
  const latitude = (row) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / side))) * 180) / Math.PI;
  return [(coords.x / side) * 360 - 180, latitude(coords.y + 1), ((coords.x + 1) / side) * 360 - 180, latitude(coords.y)];
}

function overlaps(one, other) {
  return one[0] <= other[2] && one[2] >= other[0] && one[1] <= other[3] && one[3] >= other[1];
}

/** A view that does not ask the server where the layer has nothing or is not drawn yet. */
function sparing(view, layer) {
  return {
    getDisplayTile(coords) {
      const isNeeded = coords.z >= layer.look.lowest_zoom && layer.extent && overlaps(tileExtent(coords), layer.extent);
      if (isNeeded) return view.getDisplayTile(coords);
      return Promise.resolve({ ...view.dataTileForDisplayTile(coords), data: new Map(), z: coords.z });
    },
  };
}

/** Announce every start (1) and end (-1) of painting a tile: Leaflet does not know of tiles painted anew. */
function countPainting(tiles, announce) {
  const paint = tiles.renderTile.bind(tiles);
  tiles.renderTile = async (...given) => {
    announce(1);
    try {
      await paint(...given);
    } finally {
      announce(-1);
    }
  };
}

/** Say on the map's container whether tiles are being painted. */
function createPaintingCount(container) {
  let underWay = 0;
  return (change) => {
    underWay += change;
    container.setAttribute("aria-busy", String(underWay > 0));
  };
}

function vectorPane(map, layers, pane, { language, announce }) {
  const sources = Object.fromEntries(
    layers.map((layer) => [layer.slug, { url: layer.tiles, maxDataZoom: MOST_DETAILED_TILES }]),
  );
  const fonts = [document.fonts.load(labelFont(), "ក A"), document.fonts.load(labelFont(400, 12), "ក A")];
  const tiles = protomapsL.leafletLayer({ sources, pane, attribution: "", paintRules: [], labelRules: [], tasks: fonts, lang: language });
  const views = new Map(layers.map((layer) => [layer.slug, sparing(tiles.views.get(layer.slug), layer)]));
  tiles.views = new Map();
  countPainting(tiles, announce);
  tiles.addTo(map);
  return {
    repaint(shown, chosen) {
      const drawn = layers.filter((layer) => shown.has(layer.slug)).sort((a, b) => a.look.rank - b.look.rank);
      tiles.views = new Map(drawn.map((layer) => [layer.slug, views.get(layer.slug)]));
      tiles.paintRules = drawn.flatMap(paintRules).concat(
        drawn.filter((layer) => chosen.has(layer.slug)).map((layer) => highlightRule(layer, chosen.get(layer.slug))),
      );
      tiles.labelRules = drawn.filter((layer) => layer.look.has_label).map((layer) => labelRule(layer, language));
      tiles.clearLayout();
      tiles.rerenderTiles();
    },
  };
}

function rasterOverlay(layer) {
  const bounds = layer.extent && [[layer.extent[1], layer.extent[0]], [layer.extent[3], layer.extent[2]]];
  return L.tileLayer(layer.tiles, { pane: "grids", zIndex: layer.ramp ? 1 : 2, bounds, maxNativeZoom: 19, maxZoom: 22, opacity: layer.opacity, className: "grid-tile" });
}

function createPanes(map) {
  for (const [name, order] of [["ground", 200], ["grids", 250], ["things", 300]]) {
    map.createPane(name).style.zIndex = order;
  }
}

function escaped(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML;
}

/** Put the layers of the page's content on a map; what is shown can be changed and chosen. */
export function createLayerStack(map, content) {
  createPanes(map);
  const layers = new Map();
  for (const layer of content.themes.flatMap((theme) => theme.layers)) {
    const named = layer.legend.filter((entry) => entry.code).map((entry) => [entry.code, entry.colour]);
    layers.set(layer.slug, { ...layer, colours: new Map(named) });
  }
  const vectors = [...layers.values()].filter((layer) => layer.kind !== "raster");
  const options = { language: content.language, announce: createPaintingCount(map.getContainer()) };
  const panes = [
    vectorPane(map, vectors.filter((layer) => layer.look.rank < GROUND_RANK), "ground", options),
    vectorPane(map, vectors.filter((layer) => layer.look.rank >= GROUND_RANK), "things", options),
  ];
  const shown = new Set(vectors.filter((layer) => layer.shown).map((layer) => layer.slug));
  const chosen = new Map();
  const overlays = new Map();
  const land = vectors.filter((layer) => layer.look.is_land && layer.kind === "polygon");
  const repaint = () => {
    map.getContainer().classList.toggle("has-land", land.some((layer) => shown.has(layer.slug)));
    panes.forEach((pane) => pane.repaint(shown, chosen));
  };

  function showRaster(layer, isShown) {
    if (!overlays.has(layer.slug)) overlays.set(layer.slug, rasterOverlay(layer));
    const overlay = overlays.get(layer.slug);
    if (isShown) overlay.addTo(map);
    else overlay.remove();
  }

  function credit(layer, isShown) {
    if (!layer.source) return;
    if (isShown) map.attributionControl.addAttribution(escaped(layer.source));
    else map.attributionControl.removeAttribution(escaped(layer.source));
  }

  vectors.filter((layer) => layer.shown).forEach((layer) => credit(layer, true));
  repaint();
  return {
    layers,
    isShown: (slug) => shown.has(slug),
    show(slug, isShown) {
      const layer = layers.get(slug);
      if (!layer || shown.has(slug) === isShown) return;
      if (isShown) shown.add(slug);
      else shown.delete(slug);
      credit(layer, isShown);
      if (layer.kind === "raster") showRaster(layer, isShown);
      else repaint();
    },
    setOpacity(slug, share) {
      layers.get(slug).opacity = share;
      overlays.get(slug)?.setOpacity(share);
    },
    choose(features) {
      chosen.clear();
      for (const { layer, stable_id: stableId } of features) {
        if (!chosen.has(layer)) chosen.set(layer, new Set());
        chosen.get(layer).add(stableId);
      }
      repaint();
    },
  };
}
