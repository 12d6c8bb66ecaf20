/** The open findings of what is at a place; where none is stored, why that is no all-clear. */
import { askServer, element, filled } from "./element.js";
import { number } from "./written.js";

const MOST_FEATURES = 100; // the server answers for so many at once

const nameOf = (layer, stableId) => `${layer}/${stableId}`;

/** Ask about every feature of an answer; ``problem`` is the sentence of a failure. */
export async function lookUpFindings(address, answer, signal) {
  const names = answer.layers.flatMap((layer) => layer.features.map((feature) => nameOf(layer.slug, feature.stable_id)));
  if (!address) return { problem: "", byName: new Map() };
  if (!names.length) return { isEmpty: true, byName: new Map() };
  const query = new URLSearchParams(names.slice(0, MOST_FEATURES).map((name) => ["feature", name]));
  try {
    const told = await askServer(`${address}?${query}`, signal);
    return { ...told, byName: new Map(told.features.map((feature) => [nameOf(feature.layer, feature.stable_id), feature])) };
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    return { problem: problem.told || "", byName: new Map() };
  }
}

function cannotTell(sentence, link) {
  const told = element("span", { class: "answer cannot_tell" }, sentence);
  return element("p", { class: "note" }, link ? element("a", { href: link }, told) : told);
}

/** What must be known before "no finding" is read as "nothing wrong". */
export function standingNotes(conflicts, texts, listAddress) {
  if (conflicts.isEmpty) return [];
  if (conflicts.problem !== undefined) return [element("p", { class: "problem" }, `${texts.findingsMissing} ${conflicts.problem}`.trim())];
  if (!conflicts.detected) return [cannotTell(texts.nothingDetected, listAddress)];
  const notes = [];
  if (conflicts.is_rechecking) notes.push(cannotTell(texts.beingRechecked));
  if (conflicts.changed_layers.length) notes.push(cannotTell(filled(texts.changedLayers, { names: conflicts.changed_layers.join(", ") })));
  if (conflicts.unasked_rulebooks.length) notes.push(cannotTell(filled(texts.unaskedRulebooks, { names: conflicts.unasked_rulebooks.join(", ") })));
  if (!conflicts.is_current && !notes.length) notes.push(cannotTell(texts.changedSince));
  if (conflicts.untold_rules) notes.push(cannotTell(filled(texts.untoldRules, { count: number(conflicts.untold_rules, { places: 0 }) }), `${listAddress}#untold`));
  return notes;
}

/** Layers in their order, but first those with a feature that has open findings. */
export function conflictsFirst(layers, conflicts) {
  const hasOpen = (layer) => layer.features.some((feature) => conflicts.byName.get(nameOf(layer.slug, feature.stable_id))?.total);
  return [...layers.filter(hasOpen), ...layers.filter((layer) => !hasOpen(layer))];
}

function findingItem(finding) {
  return element(
    "li",
    {},
    element("span", { class: `badge severity ${finding.severity}` }, finding.severity_label),
    " ",
    element("a", { href: finding.url }, finding.title),
    element("small", {}, `${finding.rule} · ${finding.state_label} · ${finding.basis_label}`),
    element("span", { class: "finding-message" }, finding.message),
  );
}

/** The findings of one feature, the worst first, or what their absence means. */
export function featureFindings(conflicts, layer, stableId, texts) {
  if (conflicts.problem !== undefined || !conflicts.detected) return null;
  const told = conflicts.byName.get(nameOf(layer, stableId));
  if (!told) return cannotTell(texts.notLookedUp);
  if (!told.total) return conflicts.is_current ? element("p", { class: "note" }, texts.noneStored) : cannotTell(texts.noneKnown);
  const [shown, total] = [told.worst.length, told.total].map((count) => number(count, { places: 0 }));
  const heading = told.worst.length < told.total ? texts.worstOf : texts.openOf;
  return element(
    "section",
    { class: "feature-findings" },
    element("p", { class: "note" }, element("strong", {}, filled(heading, { shown, total }))),
    element("ul", {}, told.worst.map(findingItem)),
  );
}
