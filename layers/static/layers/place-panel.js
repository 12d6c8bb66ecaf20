/** Click = what is here: the server's answer for a place, layer by layer. */
import { askServer, element, swatch } from "./element.js";
import { conflictsFirst, featureFindings, lookUpFindings, standingNotes } from "./place-findings.js";

const NO_UNIT = "-";
const NO_DATUM = "none";

function attributes(feature, texts) {
  const rows = [[texts.state, feature.lifecycle]];
  if (feature.class) rows.unshift([feature.class.code, feature.class.name]);
  for (const attribute of feature.attributes) {
    const value = typeof attribute.value === "object" ? JSON.stringify(attribute.value) : String(attribute.value);
    rows.push([attribute.title, attribute.unit ? `${value} ${attribute.unit}` : value]);
  }
  return element("dl", {}, rows.map(([title, value]) => element("div", {}, element("dt", {}, title), element("dd", {}, value))));
}

function featureItem(feature, layer, { texts, choose, conflicts }) {
  const head = element(
    "button",
    { type: "button", class: "feature-name", onclick: () => choose([{ layer: layer.slug, stable_id: feature.stable_id }]) },
    feature.class ? swatch(feature.class.colour) : null,
    feature.name,
    feature.distance_m > 0 ? element("small", {}, ` ${feature.distance_m} ${texts.metresAway}`) : null,
  );
  const extract = feature.extract ? element("p", {}, element("a", { href: feature.extract, class: "button" }, texts.extract)) : null;
  return element("li", {}, head, featureFindings(conflicts, layer.slug, feature.stable_id, texts), attributes(feature, texts), extract);
}

function gridValue(value, texts) {
  if (value.value === null) return element("p", { class: "note" }, texts.noValueHere);
  return element(
    "p",
    { class: "grid-value" },
    value.colour ? swatch(value.colour) : null,
    element("strong", {}, value.units === NO_UNIT ? `${value.value}` : `${value.value} ${value.units}`),
    value.label ? ` ${value.label}` : null,
    // "none" beside a hazard would read as "no hazard"
    value.vertical_datum && value.vertical_datum !== NO_DATUM ? element("small", {}, ` ${value.vertical_datum}`) : null,
  );
}

function layerSection(layer, telling) {
  const { texts } = telling;
  const body = layer.value
    ? gridValue(layer.value, texts)
    : element("ul", { class: "found" }, layer.features.map((feature) => featureItem(feature, layer, telling)));
  return element(
    "section",
    { class: layer.isAsked ? "answer-layer asked" : "answer-layer" },
    element("h3", {}, layer.title),
    body,
    layer.has_more ? element("p", { class: "note" }, texts.hasMore) : null,
    element("p", { class: "note" }, `${texts.version} ${layer.version}`, layer.source ? ` · ${texts.source}: ${layer.source}` : null),
  );
}

function titles(layers, heading) {
  if (!layers.length) return null;
  return element("details", { class: "silent" }, element("summary", {}, `${heading} (${layers.length})`), element("ul", {}, layers.map((layer) => element("li", {}, layer.title))));
}

const askedFirst = (layers) => [...layers.filter((layer) => layer.isAsked), ...layers.filter((layer) => !layer.isAsked)];

function answerContent(answer, content, choose, conflicts) {
  const { texts, projection } = content;
  const of = (state) => answer.layers.filter((layer) => layer.state === state);
  const { place } = answer;
  return [
    element("p", { class: "place" }, `${place.easting_m.toFixed(1)} E  ${place.northing_m.toFixed(1)} N`, element("small", {}, ` EPSG:${projection.srid} · ${place.lat.toFixed(6)}°, ${place.lon.toFixed(6)}°`)),
    ...standingNotes(conflicts, texts, content.addresses.findingList),
    ...askedFirst(conflictsFirst(of("found"), conflicts)).map((layer) => layerSection(layer, { texts, choose, conflicts })),
    titles(of("nothing"), texts.nothingHere),
    titles(of("unknown"), texts.unknownHere),
  ].filter(Boolean);
}

/** What is told at a feature's place, the feature itself first. */
function featureFirst(answer, card) {
  const [feature] = card.features;
  const rest = answer.layers.map((layer) => {
    if (layer.slug !== card.slug) return layer;
    const features = layer.features.filter((other) => other.stable_id !== feature.stable_id);
    return features.length ? { ...layer, features } : null;
  });
  return { ...answer, layers: [{ ...card, isAsked: true }, ...rest.filter(Boolean)] };
}

/** Answer clicks on the map in the panel; ``uncover`` keeps the place in view, ``choose`` highlights features,
 *  ``onAsk`` hears that another place is asked about. */
export function createPlacePanel(panel, map, content, { open, uncover, choose, onAsk }) {
  const { texts } = content;
  let asking = null;
  let marker = null;
  panel.append(element("p", { class: "note" }, texts.clickToAsk));

  /** Begin a question: what was asked before is forgotten. */
  function begin() {
    asking?.abort();
    asking = new AbortController();
    panel.setAttribute("aria-busy", "true");
    marker?.remove();
    open();
    panel.scrollTop = 0;
    panel.replaceChildren(element("p", { class: "note" }, texts.asking));
    return asking;
  }

  function end(mine) {
    if (asking === mine) panel.setAttribute("aria-busy", "false");
  }

  function tell(problem, ...before) {
    if (problem.name !== "AbortError") panel.replaceChildren(...before, element("p", { class: "problem", role: "alert" }, problem.told || texts.failed));
  }

  async function lookUp(latlng, mine) {
    const query = new URLSearchParams({ lon: latlng.lng.toFixed(7), lat: latlng.lat.toFixed(7), z: map.getZoom() });
    return askServer(`${content.addresses.identify}?${query}`, mine.signal);
  }

  async function write(answer, mine) {
    const conflicts = await lookUpFindings(content.addresses.featureFindings, answer, mine.signal);
    panel.replaceChildren(...answerContent(answer, content, choose, conflicts));
  }

  async function ask(latlng) {
    const mine = begin();
    onAsk();
    marker = L.circleMarker(latlng, { radius: 7, color: "#1F2D33", weight: 2, fillColor: "#FFFFFF", fillOpacity: 0.6, interactive: false }).addTo(map);
    uncover(latlng);
    try {
      const answer = await lookUp(latlng, mine);
      await write(answer, mine);
      const parcel = answer.layers.find((layer) => layer.slug === "parcels" && layer.features.length === 1);
      choose(parcel ? [{ layer: "parcels", stable_id: parcel.features[0].stable_id }] : []);
    } catch (problem) {
      tell(problem);
    }
    end(mine);
  }

  /** Mark features and open the card of the first: ``asked`` as the server tells it. */
  async function show(asked, mine = begin()) {
    choose(asked.features);
    const problem = asked.problem ? element("p", { class: "problem", role: "alert" }, asked.problem) : null;
    if (!asked.card) {
      panel.replaceChildren(problem);
      end(mine);
      return;
    }
    const latlng = L.latLng(asked.point[1], asked.point[0]);
    try {
      const answer = featureFirst(await lookUp(latlng, mine), asked.card);
      await write(answer, mine);
      if (problem) panel.prepend(problem);
    } catch (failure) {
      tell(failure, layerSection(asked.card, { texts, choose, conflicts: { problem: "" } }));
    }
    end(mine);
  }

  /** Look a feature up and show it. */
  async function showFeature(layer, stableId) {
    const mine = begin();
    onAsk();
    try {
      await show(await askServer(`${content.addresses.feature}?${new URLSearchParams({ feature: `${layer}/${stableId}` })}`, mine.signal), mine);
    } catch (problem) {
      tell(problem);
      end(mine);
    }
  }

  map.on("click", (event) => ask(event.latlng.wrap()));
  return { ask, show, showFeature };
}
