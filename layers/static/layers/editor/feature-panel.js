/** The panel of the chosen feature: its measures, what can be done with it, its attributes. */
import { element, filled } from "../element.js";
import { createAttributeForm } from "./attribute-form.js";
import { showConflict } from "./conflict-panel.js";
import { measures, measuresInMetres, written } from "./measure.js";
import { featurePath } from "./server.js";
import { markOf } from "./shapes.js";

/** What was typed for a feature but not saved, kept in the browser's storage. */
function typedBook(prefix) {
  const name = (id) => `${prefix}${id}`;
  return {
    of: (id) => JSON.parse(localStorage.getItem(name(id)) || "null"),
    keep: (id, typed) => localStorage.setItem(name(id), JSON.stringify(typed)),
    drop: (id) => localStorage.removeItem(name(id)),
    all: () => Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  };
}

/** ``actions``: {save, remove, withdraw, explode, decide, cancelNew}, each with the identifier. */
export function createFeaturePanel(box, { map, page, ask, content, unsent, actions }) {
  const { texts } = page;
  const typed = typedBook(`krong-typed:${page.me}:${page.layer.slug}:${page.draft.number}:`);
  const head = element("div", { class: "feature-head" });
  const conflictBox = element("div", {});
  const formBox = element("div", {});
  box.append(conflictBox, head, formBox);
  let shown = null;
  let fresh = null; // a drawn feature whose attributes are being typed
  let clearConflict = () => {};
  let toldConflict = null; // which one is told: telling it again would move the map again
  let toldState = ""; // as what the feature was shown last
  const form = createAttributeForm(formBox, page, {
    onSave(facts) {
      const id = shown;
      typed.drop(id);
      const isNew = fresh !== null;
      const made = { ...facts, geometry: (fresh ?? content.shown(id)).geometry };
      fresh = null;
      actions.save(id, made, isNew);
    },
    onTyped: (values) => typed.keep(shown, fresh ? { ...values, fresh } : values),
    onCancel() {
      typed.drop(shown);
      if (fresh) actions.cancelNew(shown);
      else show(shown);
    },
  });

  async function tellMeasures(id, feature, output) {
    if (!feature?.geometry) return;
    const told = written(measures(feature.geometry, page.projection));
    output.textContent = told && `≈ ${told}`;
    if (!told || fresh || content.entries.get(id)?.mine !== undefined) return;
    const stored = await ask("GET", `${featurePath(id)}?crs=project`).catch(() => null);
    if (stored && shown === id) output.textContent = written(measuresInMetres(stored.geometry));
  }

  function buttons(id, entry) {
    const isGone = markOf(entry) === "delete";
    const parts = content.shown(id)?.geometry;
    const isMany = parts?.type.startsWith("Multi") && parts.coordinates.length > 1;
    const made = [];
    const button = (name, label, act) => made.push(element("button", { type: "button", class: "quiet", id: name, onclick: act, disabled: unsent.isHeld(id) }, label));
    const change = unsent.of(id);
    if (!page.isOpen || change?.state === "conflict") return made;
    if (change) button("drop-unsent", texts.dropUnsent, () => actions.dropUnsent(change));
    if (isMany) button("explode", texts.explode, () => actions.explode(id));
    if (entry.stored?.edited || (isGone && entry.mine === undefined)) button("withdraw", texts.withdraw, () => actions.withdraw(id));
    if (!isGone) button("remove", texts.remove, () => actions.remove(id));
    return made;
  }

  function tellHead(id, entry, feature) {
    const mark = markOf(entry);
    const output = element("output", { id: "feature-measure" });
    const named = feature?.properties?.[page.language === "en" ? "name_en" : "name_km"];
    head.replaceChildren(
      element("h2", {}, named || id, named ? element("small", {}, ` ${id}`) : null),
      element("p", {}, element("span", { class: `badge mark-${mark || "none"}` }, fresh ? texts.marks.create : texts.marks[mark || "none"]), " ", output),
      element("p", { class: "actions" }, ...(fresh ? [] : buttons(id, entry))),
    );
    tellMeasures(id, feature, output);
  }

  function forgetConflict() {
    clearConflict();
    clearConflict = () => {};
    toldConflict = null;
  }

  function tellConflict(id) {
    const change = unsent.of(id);
    const etag = change?.state === "conflict" ? `${change.key} ${change.conflict.etag}` : null;
    if (etag && etag === toldConflict) return;
    forgetConflict();
    if (change?.state !== "conflict" || change.kind === "operate") return;
    const { current, changed_by: who, changed_at: when } = change.conflict;
    const theirs = current?.geometry ? current : null;
    const mine = change.kind === "delete" ? null : change.kind === "withdraw" ? theirs : change.content;
    const base = change.before?.[id] ?? null;
    toldConflict = etag;
    clearConflict = showConflict(conflictBox, map, page, { id, base, mine, theirs, who, when }, (choice, facts) => {
      forgetConflict();
      actions.decide(change, choice, facts);
    });
  }

  /** What there is to tell of a feature; the same again needs no telling. */
  function stateOf(id) {
    const { etag, state, mine, isDeleted, before } = content.entryOf(id);
    return JSON.stringify([id, etag, state, mine, isDeleted, Boolean(before), unsent.isHeld(id), unsent.of(id)?.problem]);
  }

  function show(id) {
    shown = id;
    toldState = id === null ? "" : stateOf(id);
    if (id === null) return clear();
    const entry = content.entryOf(id);
    const feature = fresh ?? content.shown(id) ?? entry.stored ?? entry.before;
    const change = unsent.of(id);
    tellConflict(id);
    tellHead(id, entry, feature);
    const isGone = markOf(entry) === "delete" && !fresh;
    if (!feature?.properties || isGone) return form.clear();
    return form.show({
      feature,
      typed: typed.of(id),
      isNew: fresh !== null,
      isLocked: !page.isOpen || !page.may.edit || unsent.isHeld(id),
      told: change?.problem,
      problems: change?.problems,
    });
  }

  function clear() {
    forgetConflict();
    form.clear();
    head.replaceChildren(element("p", { class: "note" }, page.isOpen ? texts.chooseSomething : filled(texts.isClosed, page.draft)));
  }

  content.onChange((ids) => {
    const isTyping = formBox.contains(document.activeElement) && typed.of(shown);
    if (shown !== null && ids.includes(shown) && !fresh && !isTyping && stateOf(shown) !== toldState) show(shown);
  });
  clear();
  return {
    show(id) {
      fresh = null;
      show(id);
    },
    /** A shape just drawn: its attributes are asked for before it is sent. */
    showNew(id, geometry, facts = {}) {
      fresh = { geometry, properties: {}, land_use: null, lifecycle: "existing", ...facts };
      typed.keep(id, { fresh });
      show(id);
      formBox.querySelector("input, select")?.focus();
    },
    /** A drawn shape that was never saved: the newest, after a reload. */
    unfinished: () => typed.all().map((id) => ({ id, ...typed.of(id)?.fresh })).find(({ geometry }) => geometry),
    shownId: () => shown,
    freshGeometry: () => fresh?.geometry ?? null,
  };
}
