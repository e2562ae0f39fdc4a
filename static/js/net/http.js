/** Requests to the site's own server, with Django's CSRF token. */

import { errorText } from "chatsite/format/error_text.js";
import { gettext } from "chatsite/i18n.js";

export class HttpError extends Error {
  constructor(status, error = {}) {
    super(errorText(error) || (status ? gettext("Something went wrong on the server.") : gettext("No connection.")));
    this.status = status;
    this.code = error.code ?? "unavailable";
  }
}

export async function getJson(url) {
  return (await request("GET", url)).json();
}

export async function getText(url) {
  return (await request("GET", url, { accept: "text/html" })).text();
}

/** `body` is a FormData or a plain object of fields. */
export function post(url, body) {
  return request("POST", url, { body: body && !(body instanceof FormData) ? new URLSearchParams(body) : body });
}

export function remove(url, headers) {
  return request("DELETE", url, { headers });
}

/** Resolves with whether the session is still valid. No response only means that the connection is down. */
export async function isLoggedIn(url) {
  const response = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  return response?.status !== 401;
}

async function request(method, url, { accept = "application/json", headers: extra, body } = {}) {
  const headers = { Accept: accept, "X-Requested-With": "fetch", ...extra };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken(document.cookie);
  const response = await fetch(url, { method, headers, body, credentials: "same-origin" }).catch(() => {
    throw new HttpError(0);
  });
  if (!response.ok) throw new HttpError(response.status, await response.json().catch(() => undefined));
  return response;
}

export function csrfToken(cookies) {
  return /(?:^|;\s*)csrftoken=([^;]*)/.exec(cookies)?.[1] ?? "";
}
