/** Requests to the site's own server, with Django's CSRF token. */

import { errorText } from "chatsite/format/error_text.js";
import { gettext } from "chatsite/i18n.js";

const TIMEOUT = 60_000; // a request that hangs must not keep the page waiting forever

const logout = new AbortController();

export class HttpError extends Error {
  constructor(status, error = {}) {
    super(errorText(error) || (status ? gettext("Something went wrong on the server.") : gettext("No connection.")));
    this.status = status;
    this.code = error.code ?? "unavailable";
  }
}

export async function getJson(url) {
  return complete((await request("GET", url)).json());
}

export async function getText(url) {
  return complete((await request("GET", url, { accept: "text/html" })).text());
}

/**
 * Requests a page without its frame, or submits its form if `body` is a FormData. Resolves with {html, url}, also for an error
 * page, or with {location, notices} if the server redirects.
 */
export async function fetchFragment(url, { body } = {}) {
  const headers = { Accept: "text/html", "X-Fragment": "1" };
  if (body) headers["X-CSRFToken"] = csrfToken(document.cookie);
  const response = await complete(send(url, { method: body ? "POST" : "GET", headers, body, cache: "no-store" }));
  if (response.headers.get("Content-Type")?.startsWith("application/json")) return complete(response.json());
  if (response.status >= 500) throw new HttpError(response.status);
  return { html: await complete(response.text()), url };
}

/** `body` is a FormData or an object or pairs of fields. `keepalive`: the request is completed even if the page is closed. */
export function post(url, body, { keepalive = false, headers } = {}) {
  return request("POST", url, { body: body && !(body instanceof FormData) ? new URLSearchParams(body) : body, keepalive, headers });
}

export function remove(url, headers) {
  return request("DELETE", url, { headers });
}

/** Resolves with whether the session is still valid, or with null if the site can't tell. */
export async function isLoggedIn(url) {
  const response = await send(url).catch(() => null);
  if (response?.status === 401) return false;
  return response?.ok ? true : null;
}

/** Aborts all requests and prevents new ones, because the user is logging out. Their promises stay pending. */
export function stopRequests() {
  logout.abort();
}

/** Resolves with a response or its content. Rejects with an HttpError if the connection is lost. */
export function complete(promise) {
  return promise.catch(() => {
    if (logout.signal.aborted) return new Promise(() => {});
    throw new HttpError(0);
  });
}

async function request(method, url, { accept = "application/json", headers: extra, ...options } = {}) {
  const headers = { Accept: accept, "X-Requested-With": "fetch", ...extra };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken(document.cookie);
  const response = await complete(send(url, { method, headers, ...options }));
  if (!response.ok) throw new HttpError(response.status, await response.json().catch(() => undefined));
  return response;
}

function send(url, options) {
  const signal = AbortSignal.any([logout.signal, AbortSignal.timeout(TIMEOUT)]);
  return fetch(url, { credentials: "same-origin", signal, ...options });
}

export function csrfToken(cookies) {
  return /(?:^|;\s*)csrftoken=([^;]*)/.exec(cookies)?.[1] ?? "";
}
