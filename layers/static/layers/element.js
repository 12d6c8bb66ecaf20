/** One DOM element with its attributes and children; text is always text, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) made.append(child);
  }
  return made;
}

/** A small square in the colour of a class. */
export function swatch(colour, kind = "area") {
  const made = element("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  made.style.setProperty("--colour", colour);
  return made;
}

/** Ask the server for JSON; a refusal carries the server's own sentence. */
export async function askServer(address, signal) {
  const response = await fetch(address, { headers: { Accept: "application/json" }, signal });
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  const body = isJson ? await response.json() : null;
  if (!response.ok || body === null) {
    const told = body?.error ? `${body.error.what} ${body.error.remedy}` : "";
    throw Object.assign(new Error(told || response.statusText), { told });
  }
  return body;
}

/** Put values into a sentence: %(shown)s stands for values.shown. */
export function filled(sentence, values) {
  return sentence.replace(/%\((\w+)\)s/g, (_found, name) => values[name]);
}
