/** How features of vector tiles are painted: protomaps-leaflet rules from the layers' looks. */

const POINT = 1;
const LINE = 2;
const FONT = '"Noto Sans", "Noto Sans Khmer", sans-serif';
const LABEL_PX = 13;
const HIGHLIGHT = "#E0218A";
// Wider lines for the higher classes of the road hierarchy; display only.
const ROAD_WEIGHTS = [["national", 2.1], ["provincial", 1.6], ["district", 1.25], ["arterial", 1.9], ["collector", 1.35]];

export const labelFont = (weight = 600, size = LABEL_PX) => `${weight} ${size}px ${FONT}`;

function zoomFactor(z) {
  if (z < 11) return 0.55;
  if (z < 13) return 0.75;
  if (z < 15) return 1;
  return z < 17 ? 1.5 : 2.2;
}

function lineWidth(look, z, feature) {
  const code = String(feature.props.class || "");
  const weight = ROAD_WEIGHTS.find(([word]) => code.includes(word));
  return look.width_px * zoomFactor(z) * (weight ? weight[1] : 1);
}

function trace(ctx, geometry) {
  ctx.beginPath();
  for (const part of geometry) {
    part.forEach((point, index) => (index ? ctx.lineTo(point.x, point.y) : ctx.moveTo(point.x, point.y)));
  }
}

function circle(ctx, geometry, radius) {
  ctx.beginPath();
  for (const [point] of geometry) {
    ctx.moveTo(point.x + radius, point.y);
    ctx.arc(point.x, point.y, radius, 0, 2 * Math.PI);
  }
}

const pointRadius = (z) => (z < 12 ? 2.6 : z < 15 ? 4 : 5.5);

function paintPoint(ctx, geometry, z, colour) {
  circle(ctx, geometry, pointRadius(z));
  ctx.globalAlpha = 1;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = "#FFFFFF";
  ctx.stroke();
}

function paintLine(ctx, geometry, colour, width, dash) {
  trace(ctx, geometry);
  ctx.globalAlpha = 1;
  ctx.lineJoin = "round";
  ctx.lineCap = dash ? "butt" : "round";
  ctx.setLineDash(dash ? [6, 4] : []);
  ctx.lineWidth = width;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.setLineDash([]);
}

function paintArea(ctx, geometry, colour, layer, z, isStandIn) {
  const { look } = layer;
  trace(ctx, geometry);
  if (look.fill_share > 0) {
    ctx.globalAlpha = look.fill_share;
    ctx.fillStyle = colour;
    ctx.fill();
  }
  // squares that stand for many small areas have no outline of their own
  if (look.width_px > 0 && !(isStandIn && look.fill_share > 0)) {
    paintLine(ctx, geometry, look.outline, look.width_px * zoomFactor(z), look.is_dashed);
  }
}

/** The colour of a feature: from the layer's legend by class or property, else the layer's own. */
export function colourOf(layer, feature) {
  return layer.colours.get(String(feature.props[layer.colourProperty])) || layer.look.colour;
}

/** Lines of layers without classes are drawn in the colour of their outline: a coast, a stream. */
function lineColour(layer, feature) {
  return layer.look.uses_class_colour ? colourOf(layer, feature) : layer.look.outline;
}

/** Rules that paint one layer, bottom first. */
export function paintRules(layer) {
  const rule = (draw, filter) => ({
    dataSource: layer.slug,
    dataLayer: layer.slug,
    minzoom: layer.look.lowest_zoom,
    filter,
    symbolizer: { draw },
  });
  const isLine = (_z, feature) => feature.geomType === LINE;
  const casing = (ctx, geometry, z, feature) =>
    paintLine(ctx, geometry, layer.look.outline, lineWidth(layer.look, z, feature) + 1.4, false);
  const body = (ctx, geometry, z, feature) => {
    if (feature.geomType === POINT) paintPoint(ctx, geometry, z, colourOf(layer, feature));
    else if (feature.geomType === LINE) paintLine(ctx, geometry, lineColour(layer, feature), lineWidth(layer.look, z, feature), layer.look.is_dashed);
    else paintArea(ctx, geometry, colourOf(layer, feature), layer, z, Boolean(feature.props.generalised));
  };
  const hasCasing = layer.look.uses_class_colour && !layer.look.is_dashed;
  return hasCasing ? [rule(casing, isLine), rule(body)] : [rule(body)];
}

/** A rule that outlines the chosen features of a layer. */
export function highlightRule(layer, stableIds) {
  return {
    dataSource: layer.slug,
    dataLayer: layer.slug,
    filter: (_z, feature) => stableIds.has(feature.props.stable_id),
    symbolizer: {
      draw(ctx, geometry, z, feature) {
        if (feature.geomType === POINT) {
          // no wider: a tile holds points up to 8 pixels beyond its edge
          circle(ctx, geometry, pointRadius(z) + 0.9);
          ctx.lineWidth = 3;
          ctx.strokeStyle = HIGHLIGHT;
          ctx.globalAlpha = 1;
          ctx.stroke();
        } else {
          paintLine(ctx, geometry, "#FFFFFF", 6, false);
          paintLine(ctx, geometry, HIGHLIGHT, 3.2, false);
        }
      },
    },
  };
}

/** The rule that writes a layer's names in the reader's language. */
export function labelRule(layer, language) {
  const names = language === "en" ? ["name_en", "name", "name_km"] : ["name_km", "name", "name_en"];
  const isPoint = layer.kind === "point";
  const options = {
    labelProps: names,
    fill: isPoint ? "#3F3A35" : layer.look.outline,
    stroke: "#FFFFFF",
    width: 3,
    font: labelFont(isPoint ? 400 : 600, isPoint ? 12 : LABEL_PX),
    offsetX: 7,
    offsetY: 0,
  };
  const symbolizer = isPoint
    ? new protomapsL.OffsetTextSymbolizer(options)
    : new protomapsL.CenteredTextSymbolizer(options);
  return { dataSource: layer.slug, dataLayer: `${layer.slug}-label`, minzoom: isPoint ? 12 : 10, symbolizer };
}
