/** One file's way to the server, by tus 1.0. The client for that is fetched with the first file. */

import { errorText } from "chatsite/format/error_text.js";
import { csrfToken } from "chatsite/net/http.js";

const PLACE = "/uploads/";
const PART = 4_000_000;

/** Why a file did not get through. `status` is 0 where there was no answer; `code` "aborted" where nobody wants one. */
export class UploadError extends Error {
  constructor({ status = 0, code = "offline", detail = "", retryAfter = null }) {
    super(detail || "Upload failed.");
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * Sends the file, from where it stopped where `url` is known. `onUrl(url)` tells its place on the server, `onProgress(bytes)` how far it is.
 * Returns {done, abort}: a promise that the server has it, and how to break off; what was sent stays there.
 */
export function uploadFile(upload, { onUrl, onProgress }) {
  let client = null;
  let isStopped = false;
  let fail;
  const done = new Promise((resolve, reject) => {
    fail = reject;
    const begin = ({ Upload }) => {
      if (isStopped) return;
      const heard = { onUploadUrlAvailable: () => onUrl(pathOf(client.url)), onProgress: onProgress, onSuccess: () => resolve() };
      client = new Upload(upload.file, { ...optionsOf(upload), ...heard, onError: (error) => reject(explain(error)) });
      client.start();
    };
    load().then(begin, reject);
  });
  const abort = () => {
    isStopped = true;
    client?.abort();
    fail(new UploadError({ code: "aborted" }));
  };
  return { done, abort };
}

function optionsOf({ name, type, room, url }) {
  return {
    // Without an endpoint a place that does not answer is an error, not a reason to begin anew.
    endpoint: url ? null : PLACE,
    uploadUrl: url,
    chunkSize: PART,
    retryDelays: null,
    storeFingerprintForResuming: false,
    metadata: { filename: name, filetype: type, room: String(room) },
    onBeforeRequest: (request) => {
      request.setHeader("X-CSRFToken", csrfToken(document.cookie));
      request.setHeader("X-Requested-With", "fetch");
    },
  };
}

function pathOf(url) {
  return new URL(url, location.href).pathname;
}

async function load() {
  try {
    return await import("chatsite/vendor/tus/tus.js");
  } catch {
    throw new UploadError({});
  }
}

function explain({ originalResponse: response }) {
  if (!response?.getStatus()) return new UploadError({});
  const retryAfter = Number(response.getHeader("Retry-After")) || null;
  return new UploadError({ status: response.getStatus(), code: "refused", retryAfter, ...parsed(response.getBody()) });
}

function parsed(body) {
  try {
    const error = JSON.parse(body);
    return { code: error.code, detail: errorText(error) };
  } catch {
    return {};
  }
}
