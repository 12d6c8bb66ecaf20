/** Asking the server to change things: JSON both ways, ETags, the sentence of a refusal. */

// Not "no", only "not now": what was sent stays here and is sent again.
const AWAY = new Set([408, 425, 429, 502, 503, 504]);
const SIGNED_OUT = 401;

/** The server cannot be reached now, or the session is over; nothing is lost. */
export class UnreachableError extends Error {
  constructor(isSignedOut = false) {
    super("unreachable");
    this.isSignedOut = isSignedOut;
  }
}

/** The server said no; ``told`` is its sentence for the reader, ``detail`` its facts. */
export class RefusedError extends Error {
  constructor(status, detail) {
    super(detail.what || String(status));
    this.status = status;
    this.detail = detail;
    this.told = [detail.what, detail.remedy].filter(Boolean).join(" ") || String(status);
  }
}

/** The token against forged requests: of the cookie, which changes when one signs in anew. */
function token() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : document.querySelector("[name=csrfmiddlewaretoken]").value;
}

function requestOf(method, { body, etag, isNew, signal }) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (isNew) headers["If-None-Match"] = "*";
  return { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };
}

async function answerOf(response) {
  if (response.status === 204) return null;
  const isJson = (response.headers.get("Content-Type") || "").includes("json");
  const body = isJson ? await response.json() : {};
  if (response.ok) return body;
  if (AWAY.has(response.status)) throw new UnreachableError();
  // a page instead of JSON: the token or the session is no longer good
  if (response.status === SIGNED_OUT || (response.status === 403 && !isJson)) throw new UnreachableError(true);
  throw new RefusedError(response.status, body.error || {});
}

/** ``ask(method, path, {body, etag, isNew, signal})`` under one address. */
export function createServer(base) {
  return async function ask(method, path = "", options = {}) {
    let response;
    try {
      response = await fetch(`${base}${path}`, requestOf(method, options));
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new UnreachableError();
    }
    return answerOf(response);
  };
}

/** The path of a feature of a draft. */
export const featurePath = (id) => `features/${id.split("/").map(encodeURIComponent).join("/")}`;
