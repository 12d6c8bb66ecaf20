/** Numbers as the pages write them; the server says which marks the reader's language has. */

const DEFAULT_MARKS = { decimal: ".", group: "," };
let marks = DEFAULT_MARKS;

/** Take the marks of the page's language; call once, before anything is written. */
export function useMarks(given) {
  marks = given || DEFAULT_MARKS;
}

/** A number with at most ``most`` decimals and none that is needless, or with exactly ``places``. */
export function number(value, { most = 2, places = null, grouped = true } = {}) {
  const options = { useGrouping: grouped, maximumFractionDigits: places ?? most, minimumFractionDigits: places ?? 0 };
  const parts = new Intl.NumberFormat("en", options).formatToParts(value);
  const written = { decimal: marks.decimal, group: marks.group };
  return parts.map(({ type, value: text }) => written[type] ?? text).join("");
}
