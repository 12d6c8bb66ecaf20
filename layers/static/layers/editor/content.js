/** The features of a draft as this browser knows them: as stored, and as changed but not yet stored. */
import { featurePath } from "./server.js";

const PAGE = 1000;
const MOST_SHOWN = 2000; // more outlines than this make a browser slow; then one zooms in
const SAME_DEG = 1e-9; // a tenth of a millimetre

const FACTS = ["geometry", "properties", "land_use", "lifecycle"];

/** What a feature says, without who, when and its validator. */
export function factsOf(feature) {
  return feature && Object.fromEntries(FACTS.map((name) => [name, feature[name] ?? null]));
}

function isSame(one, other) {
  if (typeof one === "number" && typeof other === "number") return Math.abs(one - other) <= SAME_DEG;
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isSame(one[name], other[name]));
}

/** Whether two shapes have the same corners, give or take less than any survey sees. */
export const isSameShape = (one, other) => isSame(one ?? null, other ?? null);

/** Whether two features say the same. */
export const isSameContent = (one, other) => isSame(factsOf(one ?? null), factsOf(other ?? null));

/** The parts of its content in which one feature differs from another. */
export function differingFacts(one, other) {
  return FACTS.filter((name) => !isSame(one?.[name] ?? null, other?.[name] ?? null));
}

/** Features by identifier: ``stored`` (null: none), its ``etag``, and ``mine`` while unsent. */
export function createContent(ask) {
  const entries = new Map();
  const listeners = [];
  let asking = null;
  let inView = new Set();

  function entryOf(id) {
    if (!entries.has(id)) entries.set(id, { id, stored: null, etag: null, mine: undefined, state: "" });
    return entries.get(id);
  }

  const announce = (ids) => listeners.forEach((listener) => listener(ids));

  function take(feature) {
    const entry = entryOf(feature.id);
    entry.stored = feature.geometry ? feature : null;
    entry.etag = feature.etag;
    entry.isDeleted = feature.edited === "delete";
    return entry;
  }

  async function deletedShapes(ids, published) {
    const missing = ids.filter((id) => !entryOf(id).before).slice(0, 50);
    for (const id of missing) {
      const entry = entryOf(id);
      entry.isDeleted = true;
      entry.before = await ask("GET", `../../versions/${published}/${featurePath(id)}`).catch(() => ({}));
    }
    if (missing.length) announce(missing);
  }

  async function pages(box, signal) {
    const found = { features: [], deleted: [], isWhole: true };
    let next = "";
    do {
      const page = await ask("GET", `features?bbox=${box.join(",")}&limit=${PAGE}&after=${encodeURIComponent(next)}`, { signal });
      found.features.push(...page.features);
      found.deleted = page.deleted;
      next = page.next;
    } while (next && found.features.length < MOST_SHOWN);
    return { ...found, isWhole: !next };
  }

  return {
    entries,
    entryOf,
    onChange: (listener) => listeners.push(listener),
    announce,
    isInView: (id) => inView.has(id),
    /** What is to be seen of a feature: mine while it is unsent, else what is stored. */
    shown: (id) => {
      const entry = entries.get(id);
      return entry?.mine === undefined ? entry?.stored ?? null : entry.mine;
    },
    take(feature) {
      take(feature);
      announce([feature.id]);
    },
    /** Read what stands in a box [degrees]; false when there is too much to show. */
    async load(box, published) {
      asking?.abort();
      asking = new AbortController();
      const { signal } = asking;
      const { features, deleted, isWhole } = await pages(box, signal);
      const before = inView;
      inView = new Set(features.map((feature) => feature.id));
      features.forEach(take);
      announce([...new Set([...before, ...inView])]);
      if (published) await deletedShapes(deleted, published);
      return isWhole;
    },
    async fetchOne(id) {
      const feature = await ask("GET", featurePath(id));
      take(feature);
      announce([id]);
      return feature;
    },
  };
}
