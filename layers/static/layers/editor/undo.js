/**
 * Undo and redo: each step knows how its features stood before and after it.
 *
 * Undoing sends the inverse change through the same door as any other, with the ETag that is known:
 * where someone else has changed the feature since, nothing is overwritten and the panel asks.
 * After a reload the steps are read back from the draft's own record.
 */
import { factsOf } from "./content.js";

const PUBLISHED = { isPublished: true };

/** How a feature stands, as a step keeps it: null for none. */
export function standing(feature) {
  if (!feature || !feature.geometry) return null;
  return feature.edited ? factsOf(feature) : { ...PUBLISHED, ...factsOf(feature) };
}

/** The steps one person made in a draft, from the record of its edits, oldest first. */
export function stepsOf(edits, me) {
  const last = new Map();
  const steps = [];
  for (const edit of edits) {
    const origin = edit.action === "create" ? null : PUBLISHED;
    const known = last.get(edit.id) ?? { state: origin, origin };
    const after = edit.action === "delete" ? null : edit.action === "withdraw" ? known.origin : factsOf(edit.feature);
    const item = { id: edit.id, before: known.state, after };
    last.set(edit.id, { state: after, origin: known.origin });
    const group = groupOf(edit);
    const open = steps.at(-1);
    if (group && open?.group === group && open.by === edit.edited_by) open.items.push(item);
    else steps.push({ group, by: edit.edited_by, items: [item] });
  }
  return steps.filter((step) => step.by === me);
}

/** Edits that one operation made belong together; the notes on them say so. */
function groupOf({ id, note }) {
  if (note === "split") return `split ${id}`;
  if (note.startsWith("split from ")) return `split ${note.slice("split from ".length)}`;
  if (note.startsWith("merged into ")) return `merge ${note.slice("merged into ".length)}`;
  return note.startsWith("merged with ") ? `merge ${id}` : "";
}

/** The change that makes a feature stand as ``wanted``. */
function changeTo(content, id, wanted) {
  const entry = content.entryOf(id);
  if (wanted === null) return { kind: "delete", id };
  if (wanted.isPublished) return { kind: "withdraw", id };
  return { kind: entry.stored ? "put" : "create", id, content: factsOf(wanted) };
}

/** Two stacks of steps; ``send(change)`` hands an inverse to the changes on their way. */
export function createUndo({ content, send, onChange }) {
  let done = [];
  let undone = [];

  function carry(from, to, side) {
    const step = from.pop();
    if (!step) return;
    to.push(step);
    for (const item of step.items) send({ ...changeTo(content, item.id, item[side]), isReplay: true });
    onChange();
  }

  return {
    restore(steps) {
      done = steps;
      onChange();
    },
    record(items) {
      done.push({ items });
      undone = [];
      onChange();
    },
    undo: () => carry(done, undone, "before"),
    redo: () => carry(undone, done, "after"),
    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
  };
}
