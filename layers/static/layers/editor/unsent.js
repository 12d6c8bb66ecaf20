/**
 * Changes on their way to the server, one after the other.
 *
 * Each is kept in the browser's storage until the server has it: a broken line, a closed lid or a
 * reload lose nothing. A change names the state (ETag) it was made on and is sent again with it. An
 * answer that got lost is recognised: the server then holds just what was sent.
 */
import { isSameContent } from "./content.js";
import { featurePath, RefusedError, UnreachableError } from "./server.js";

const FIRST_WAIT_MS = 4000;
const LONGEST_WAIT_MS = 60000;

const requests = {
  put: (change) => ["PUT", featurePath(change.id), { body: change.content, etag: change.etag }],
  create: (change) => ["PUT", featurePath(change.id), { body: change.content, isNew: true }],
  delete: (change) => ["DELETE", featurePath(change.id), { etag: change.etag }],
  withdraw: (change) => ["POST", "withdraw", { body: { id: change.id }, etag: change.etag }],
  operate: (change) => ["POST", "operations", { body: { ...change.body, features: change.etags } }],
};

/** Sixteen hexadecimal digits nobody else draws (randomUUID is missing on plain http). */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function storage(prefix) {
  const names = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  return {
    all: () => names().map((name) => JSON.parse(localStorage.getItem(name))).sort((a, b) => a.made - b.made),
    keep: (change) => localStorage.setItem(`${prefix}${change.key}`, JSON.stringify(change)),
    drop: (change) => localStorage.removeItem(`${prefix}${change.key}`),
  };
}

/** Changes of one person to one draft; ``onSettled(change, answer)`` when the server has one. */
export function createUnsent({ ask, content, prefix, onSettled, onState, onRefused }) {
  const kept = storage(prefix);
  let changes = kept.all();
  let sending = null;
  let wait = FIRST_WAIT_MS;
  let timer = null;
  let trouble = null; // why the last one did not get through

  const touched = (change) => change.ids || [change.id];
  const tell = () => onState({ count: changes.length, isSending: sending !== null, trouble });

  function mark(change) {
    if (change.kind === "operate") return;
    const entry = content.entryOf(change.id);
    entry.mine = change.kind === "delete" ? null : change.kind === "withdraw" ? undefined : { id: change.id, ...change.content };
    entry.state = change.state;
  }

  function unmark(change) {
    for (const id of touched(change)) {
      const entry = content.entryOf(id);
      const later = changes.find((other) => other !== change && other.id === id);
      entry.mine = undefined;
      entry.state = "";
      if (later) mark(later);
    }
  }

  function remove(change) {
    changes = changes.filter((other) => other !== change);
    kept.drop(change);
    unmark(change);
  }

  function hold(change, state, facts) {
    Object.assign(change, facts, { state });
    kept.keep(change);
    mark(change);
    content.announce(touched(change));
  }

  function settle(change, answer) {
    for (const feature of change.kind === "operate" ? answer.features : [answer]) content.take(feature);
    for (const id of answer.deleted || []) Object.assign(content.entryOf(id), { stored: null, etag: answer.deleted_etags[id], isDeleted: true, before: change.before[id] });
    remove(change);
    content.announce([...touched(change), ...(answer.features || []).map((feature) => feature.id), ...(answer.deleted || [])]);
    onSettled(change, answer);
  }

  /** The answer to an earlier sending may have been lost: then the server holds what is sent. */
  async function storedAlready(change, error) {
    const { current } = error.detail;
    if (change.kind === "create") {
      const standing = await ask("GET", featurePath(change.id));
      return isSameContent(standing, change.content) ? standing : null;
    }
    if (change.kind === "put" && current && isSameContent(current, change.content)) return current;
    if (change.kind === "delete" && current === null) return { id: change.id, geometry: null, etag: error.detail.etag, edited: "delete" };
    return null;
  }

  async function refused(change, error) {
    if (change.kind === "operate") {
      // nothing was stored, and it can be drawn again on what stands now
      remove(change);
      if (error.status === 412) await Promise.all(change.ids.map((id) => content.fetchOne(id).catch(() => null)));
      content.announce(change.ids);
      return onRefused(change, error);
    }
    if (error.status === 412) {
      const standing = await storedAlready(change, error);
      if (standing) return settle(change, standing);
      return hold(change, "conflict", { conflict: error.detail });
    }
    return hold(change, "refused", { problem: error.told, problems: error.detail.problems || [] });
  }

  /** A change that follows another one is made on what that one made. */
  async function nameState(change) {
    if (change.etag) return;
    const entry = content.entryOf(change.id);
    if (!entry.etag) await content.fetchOne(change.id);
    Object.assign(change, { etag: entry.etag, before: { [change.id]: entry.stored } });
  }

  async function send(change) {
    try {
      if (change.kind === "put" || change.kind === "delete" || change.kind === "withdraw") await nameState(change);
      const [method, path, options] = requests[change.kind](change);
      settle(change, await ask(method, path, options));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      await refused(change, error);
    }
  }

  function next() {
    const blocked = new Set();
    for (const change of changes) {
      const ids = touched(change);
      if (change.state === "waiting" && !ids.some((id) => blocked.has(id))) return change;
      ids.forEach((id) => blocked.add(id));
    }
    return null;
  }

  function later(error) {
    trouble = error;
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  async function flush() {
    if (sending) return;
    clearTimeout(timer);
    try {
      for (sending = next(); sending; sending = next()) {
        tell();
        await send(sending);
        trouble = null;
        wait = FIRST_WAIT_MS;
      }
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      later(error);
    } finally {
      sending = null;
      tell();
    }
  }

  /** A later change of the same feature replaces an earlier one that was not sent yet. */
  function merged(change) {
    const earlier = changes.findLast((other) => other.id === change.id && other !== sending && other.kind !== "operate");
    if (!earlier || earlier.kind === "withdraw" || earlier.kind === "delete") return change;
    if (change.kind === "withdraw") return change;
    if (earlier.kind === "create" && change.kind === "delete") {
      remove(earlier);
      return null;
    }
    const kind = change.kind === "delete" ? "delete" : earlier.kind;
    const state = earlier.state === "conflict" ? "conflict" : "waiting";
    Object.assign(earlier, { kind, content: change.content, label: change.label, state });
    return earlier;
  }

  changes.forEach(mark);
  window.addEventListener("online", flush);
  return {
    flush,
    list: () => changes,
    of: (id) => changes.find((change) => touched(change).includes(id)),
    isHeld: (id) => changes.some((change) => change.kind === "operate" && change.ids.includes(id)),
    add(given) {
      const ids = touched(given);
      const isFollowing = changes.some((other) => other.id && other.id === given.id);
      const before = Object.fromEntries(ids.map((id) => [id, content.entryOf(id).stored]));
      const etag = isFollowing || !given.id ? null : content.entryOf(given.id).etag;
      const made = { key: newKey(), made: Date.now(), state: "waiting", etag, before, ...given };
      const change = merged(made);
      if (change && !changes.includes(change)) changes.push(change);
      if (change) {
        kept.keep(change);
        mark(change);
      }
      content.announce(touched(made));
      tell();
      return flush();
    },
    /** Send a change again as its author decided: on another state, with other content. */
    again(change, facts) {
      Object.assign(change, { state: "waiting", conflict: undefined, problem: undefined }, facts);
      kept.keep(change);
      mark(change);
      content.announce(touched(change));
      return flush();
    },
    drop(change) {
      remove(change);
      content.announce(touched(change));
      tell();
    },
  };
}
