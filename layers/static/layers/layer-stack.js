/** The layers on the map: areas below, grids between, everything else and the names on top. */
import { highlightRule, labelFont, labelRule, paintRules } from "./painting.js";

const MOST_DETAILED_TILES = 16;
// Areas that carpet the ground are drawn under the grids, so that roads and names stay readable.
const GROUND_RANK = 5;
// The one file of the base map among the sources of single layers.
const BASE_FILE = "/base-file";

// A symbol reaches so far over the edge of its tile, as a share of the tile: 16 of 256 pixels.
const SYMBOL_REACH = 1 / 16;

/** The ground whose symbols may be seen in a tile. */
function tileExtent({ x, y, z }) {
  const side = 2 ** z;
  const longitude = (column) => (column / side) * 360 - 180;
  const latitude = (row) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / side))) * 180) / Math.PI;
  return [longitude(x - SYMBOL_REACH), latitude(y + 1 + SYMBOL_REACH), longitude(x + 1 + SYMBOL_REACH), latitude(y - SYMBOL_REACH)];
}

function overlaps(one, other) {
  return one[0] <= other[2] && one[2] >= other[0] && one[1] <= other[3] && one[3] >= other[1];
}

/** A view that does not ask the server where the layer has nothing or is not drawn yet. */
function sparing(view, layer, single) {
  return {
    getDisplayTile(coords) {
      const isNeeded = coords.z >= layer.look.lowest_zoom && layer.extent && overlaps(tileExtent(coords), layer.extent);
      // the file goes when a layer in it is published anew: then the single tiles are asked
      if (isNeeded) return view === single ? view.getDisplayTile(coords) : view.getDisplayTile(coords).catch(() => single.getDisplayTile(coords));
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

function vectorPane(map, layers, pane, { language, announce, file, marksOnly = false }) {
  const sources = Object.fromEntries(
    layers.map((layer) => [layer.slug, { url: layer.tiles, maxDataZoom: MOST_DETAILED_TILES }]),
  );
  const filed = new Set(file ? file.layers : []);
  if (layers.some((layer) => filed.has(layer.slug))) sources[BASE_FILE] = { url: file.url, maxDataZoom: file.maxZoom };
  const fonts = [document.fonts.load(labelFont(), "ក A"), document.fonts.load(labelFont(400, 12), "ក A")];
  const tiles = protomapsL.leafletLayer({ sources, pane, attribution: "", paintRules: [], labelRules: [], tasks: fonts, lang: language });
  const views = new Map(layers.map((layer) => [layer.slug, sparing(tiles.views.get(filed.has(layer.slug) ? BASE_FILE : layer.slug), layer, tiles.views.get(layer.slug))]));
  tiles.views = new Map();
  countPainting(tiles, announce);
  tiles.addTo(map);
  return {
    repaint(shown, chosen) {
      const wanted = layers.filter((layer) => shown.has(layer.slug) && (!marksOnly || chosen.has(layer.slug)));
      const drawn = wanted.sort((a, b) => a.look.rank - b.look.rank);
      tiles.views = new Map(drawn.map((layer) => [layer.slug, views.get(layer.slug)]));
      tiles.paintRules = marksOnly ? drawn.map((layer) => highlightRule(layer, chosen.get(layer.slug))) : drawn.flatMap(paintRules);
      tiles.labelRules = marksOnly ? [] : drawn.filter((layer) => layer.look.has_label).map((layer) => labelRule(layer, language));
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
  for (const [name, order] of [["ground", 200], ["grids", 250], ["things", 300], ["marks", 310]]) {
    map.createPane(name).style.zIndex = order;
  }
}

/** Say on the map that a layer in view is drawn together, or only from closer, at this zoom. */
function createNotice(map, text, shownLayers) {
  const notice = L.DomUtil.create("p", "map-notice", map.getContainer());
  notice.setAttribute("role", "status");
  const update = () => {
    if (!map._loaded) return;
    const view = map.getBounds();
    const box = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const zoom = map.getZoom();
    const isPartly = (layer) => layer.extent && overlaps(box, layer.extent) && (zoom < layer.look.lowest_zoom || zoom <= layer.simplifiedUpTo);
    notice.textContent = shownLayers().some(isPartly) ? text : "";
    notice.hidden = !notice.textContent;
  };
  map.on("moveend", update);
  return update;
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
  const options = { language: content.language, announce: createPaintingCount(map.getContainer()), file: content.basemap };
  const panes = [
    vectorPane(map, vectors.filter((layer) => layer.look.rank < GROUND_RANK), "ground", options),
    vectorPane(map, vectors.filter((layer) => layer.look.rank >= GROUND_RANK), "things", options),
    vectorPane(map, vectors, "marks", { ...options, marksOnly: true }), // over all: what lies on a zone must not hide its mark
  ];
  const shownFirst = [...layers.values()].filter((layer) => layer.shown);
  const shown = new Set(shownFirst.map((layer) => layer.slug));
  const chosen = new Map();
  const overlays = new Map();
  const noticeFarView = createNotice(map, content.texts.notAllFromAfar, () => vectors.filter((layer) => shown.has(layer.slug)));
  const land = vectors.filter((layer) => layer.look.is_land && layer.kind === "polygon");
  const repaint = () => {
    map.getContainer().classList.toggle("has-land", land.some((layer) => shown.has(layer.slug)));
    panes.forEach((pane) => pane.repaint(shown, chosen));
    noticeFarView();
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

  for (const layer of shownFirst) {
    credit(layer, true);
    if (layer.kind === "raster") showRaster(layer, true);
  }
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
