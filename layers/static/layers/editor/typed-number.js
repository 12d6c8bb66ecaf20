/** Numbers as people type them: Khmer or Western digits, decimal comma or point, spaces. */

const KHMER_ZERO = "០".charCodeAt(0);
const BLANK = /[\s\u00a0\u202f\u200b']/g;
const GROUPED = { ",": /^[+-]?[1-9]\d{0,2}(,\d{3})+$/, ".": /^[+-]?[1-9]\d{0,2}(\.\d{3})+$/ };
const ONE_GROUP = /^[+-]?[1-9]\d{0,2}[.,]\d{3}$/;
const PLAIN = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;

/** A number; NaN for what is none, and for one that may be a thousand times as much as it looks. */
export function typedNumber(text, { decimal, group }) {
  let plain = text.replace(/[០-៩]/g, (digit) => digit.charCodeAt(0) - KHMER_ZERO).replace(BLANK, "");
  const isSettled = decimal !== group && ".,".includes(decimal) && ".,".includes(group);
  if (ONE_GROUP.test(plain) && !isSettled) return NaN;
  if (plain.includes(",") && plain.includes(".")) {
    const last = plain.lastIndexOf(",") > plain.lastIndexOf(".") ? "," : ".";
    const other = last === "," ? "." : ",";
    const [whole, part] = [plain.slice(0, plain.lastIndexOf(last)), plain.slice(plain.lastIndexOf(last) + 1)];
    if (!GROUPED[other].test(whole)) return NaN;
    plain = `${whole.replaceAll(other, "")}.${part}`;
  } else if (GROUPED[group]?.test(plain)) {
    plain = plain.replaceAll(group, "");
  }
  plain = plain.replace(",", ".");
  return PLAIN.test(plain) ? Number(plain) : NaN;
}
