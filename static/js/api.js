/** Calls to the platform's REST API with the session of this page and its CSRF token. */

const OWN_WORDS = {
  0: "The server cannot be reached. Check the connection and try again.",
  401: "Your session has ended. Sign in again.",
  404: "It is not there any more.",
  413: "The file is larger than this server allows.",
  415: "Files of this type cannot be read.",
  503: "The server is busy or being restarted. Try again in a moment.",
};

/** An answer that is not a success. `status` is 0 when there was no answer at all. */
export class Refusal extends Error {
  constructor(status, body = null, retryAfterS = null) {
    super(sentence(status, body, retryAfterS));
    this.status = status;
    this.body = body;
  }
}

/** Whether the API says that something is not there; the 404 of a proxy before it says nothing. */
export function isGone({ status, body }) {
  return status === 404 && Boolean(body);
}

/** Send JSON, a form or nothing, and return the decoded answer; throws `Refusal`. */
export async function call(method, path, data) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const isForm = data instanceof FormData; // the browser names its boundary
  if (data !== undefined && !isForm) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, credentials: "same-origin",
      body: data === undefined || isForm ? data : JSON.stringify(data),
    });
  } catch {
    throw new Refusal(0);
  }
  const body = parse(await response.text().catch(() => ""));
  if (response.ok) return body;
  throw refused(response.status, body, response.headers.get("Retry-After"));
}

/** Make the error of an answer, and let the page know when nobody is signed in any more. */
export function refused(status, body, retryAfterS) {
  if (status === 401) document.dispatchEvent(new CustomEvent("medialoom:signed-out"));
  return new Refusal(status, body, retryAfterS);
}

/** Return the token of the cookie: it changes with every sign-in, in another tab too. */
export function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)?.[1] ?? "";
}

/** Decode JSON, or return null for anything else (an HTML error page of a proxy). */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function sentence(status, body, retryAfterS) {
  if (status === 429) return tooOften(retryAfterS);
  const said = saidIn(body);
  if (said && status !== 401) return said;
  return OWN_WORDS[status] ?? (status >= 500
    ? "The server met an unexpected error. Try again in a moment."
    : "The server refused this request.");
}

function tooOften(retryAfterS) {
  const seconds = Number(retryAfterS);
  if (!seconds) return "The limit of this account is reached.";
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `Too many at once. Try again in ${wait}.`;
}

/** Find the words for people in the error shapes of the API. */
function saidIn(body) {
  if (!body || typeof body !== "object") return "";
  if (body.errors) return Object.values(body.errors).flat().map(String).join(" ");
  return [body.detail, body.message, body.title].find((text) => typeof text === "string") ?? "";
}
