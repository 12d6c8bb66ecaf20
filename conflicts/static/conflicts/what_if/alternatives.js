/** The alternatives of this page: what each changes; kept in the address, nowhere else. */

const NAMES = "ABCDE";
const DIGITS = 7; // about a centimetre
const LONGEST_LINK = 16000;

const rounded = (part) => (Array.isArray(part) ? part.map(rounded) : Number(part.toFixed(DIGITS)));

function packed(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

/** One change as the server reads it. */
export function sent(change) {
  const { layer, id, geometry, land_use: use, lifecycle, properties, removed } = change;
  if (removed) return { layer, id, removed: true };
  return { layer, id, geometry, land_use: use || undefined, lifecycle: lifecycle || undefined, properties };
}

function isChange(change) {
  return change && typeof change === "object" && typeof change.layer === "string" && typeof change.id === "string";
}

/** Alternatives as a link holds them; null where it holds none that can be read. */
function fromLink(hash) {
  const kept = new URLSearchParams(hash.slice(1)).get("s");
  if (!kept) return null;
  try {
    const list = JSON.parse(unpacked(kept));
    const isGood = Array.isArray(list) && list.length > 0 && list.length <= NAMES.length && list.every((each) => Array.isArray(each) && each.every(isChange));
    return isGood ? list.map((changes) => ({ changes })) : null;
  } catch {
    return null;
  }
}

/** Keep the alternatives; ``onChange()`` after each change of what is asked. */
export function createAlternatives({ most, onChange }) {
  let list = fromLink(window.location.hash) ?? [{ changes: [] }];
  let active = 0;
  const next = () => {
    const used = new Set(list.flatMap(({ changes }) => changes.map(({ id }) => id)));
    for (let number = 1; ; number += 1) if (!used.has(`what-if-${number}`)) return `what-if-${number}`;
  };
  const changed = () => {
    keep();
    onChange();
  };

  function link() {
    const plain = list.map(({ changes }) => changes.map((change) => ({ ...change, geometry: change.geometry && { ...change.geometry, coordinates: rounded(change.geometry.coordinates) } })));
    const address = `${window.location.origin}${window.location.pathname}#s=${packed(JSON.stringify(plain))}`;
    return address.length <= LONGEST_LINK ? address : null;
  }

  function keep() {
    const address = list.some(({ changes }) => changes.length) ? link() : window.location.pathname;
    if (address) window.history.replaceState(null, "", address);
  }

  return {
    nameOf: (place) => NAMES[place],
    all: () => list,
    active: () => active,
    changes: () => list[active].changes,
    find: (id) => list[active].changes.find((change) => change.id === id),
    canAdd: () => list.length < most,
    link,
    choose(place) {
      active = place;
      onChange();
    },
    /** A further alternative begins as a copy of the one at hand: what differs is what counts. */
    add() {
      list.push({ changes: structuredClone(list[active].changes) });
      active = list.length - 1;
      changed();
    },
    takeAway(place) {
      list = list.filter((_each, index) => index !== place);
      active = Math.min(active, list.length - 1);
      changed();
    },
    /** Put a change in, or in the place of the one with its name; returns its name. */
    put(change) {
      const named = { ...change, id: change.id || next() };
      const changes = list[active].changes.filter(({ id, layer }) => id !== named.id || layer !== named.layer);
      list[active].changes = [...changes, named];
      changed();
      return named.id;
    },
    alter(id, words) {
      list[active].changes = list[active].changes.map((change) => (change.id === id ? { ...change, ...words } : change));
      changed();
    },
    forget(id) {
      list[active].changes = list[active].changes.filter((change) => change.id !== id);
      changed();
    },
  };
}

/** What the server is asked: the alternatives that change anything, and which of the page they are. */
export function question(alternatives) {
  const asked = alternatives.all().map(({ changes }, place) => ({ name: alternatives.nameOf(place), changes: changes.map(sent) }));
  return asked.filter(({ changes }) => changes.length);
}
