/** Requests to our own server that speak JSON, with Django's CSRF token. */

import { errorText } from "chatsite/format/error_text.js";

export class HttpError extends Error {
  constructor(status, error = {}) {
    super(errorText(error) || (status ? "Something went wrong on the server." : "No connection."));
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

/** `body` may be a FormData, or plain fields. */
export function post(url, body) {
  return request("POST", url, { body: body && !(body instanceof FormData) ? new URLSearchParams(body) : body });
}

export function remove(url, headers) {
  return request("DELETE", url, { headers });
}

/** Does the session still hold? No answer at all means that only the line is down. */
export async function isLoggedIn(url) {
  const response = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  return response?.status !== 401;
}

async function request(method, url, { accept = "application/json", headers: special, body } = {}) {
  const headers = { Accept: accept, "X-Requested-With": "fetch", ...special };
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
