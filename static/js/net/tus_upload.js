/** Uploads single files with tus 1.0. The tus client is fetched with the first file. */

import { errorText } from "chatsite/format/error_text.js";
import { gettext } from "chatsite/i18n.js";
import { csrfToken } from "chatsite/net/http.js";
import { loadModule } from "chatsite/net/module_loader.js";

const ENDPOINT = "/uploads/";
const CHUNK_SIZE = 4_000_000;

/** `status` is 0 if there was no response. `code` is the server's, or "offline", "refused" or "aborted". */
export class UploadError extends Error {
  constructor({ status = 0, code = "offline", detail = "", retryAfter = null }) {
    super(detail || gettext("Upload failed."));
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * Uploads the file, or resumes the upload if `upload.url` is known. Calls `onUrl(url)` with its URL on the server, and
 * `onProgress(bytes)`. Returns {done, abort}: a promise that resolves when the server has the file, and a function that aborts
 * the upload; the server keeps the data that was sent.
 */
export function uploadFile(upload, { onUrl, onProgress }) {
  let client = null;
  let isAborted = false;
  let fail;
  const done = new Promise((resolve, reject) => {
    fail = reject;
    const start = ({ Upload }) => {
      if (isAborted) return;
      const callbacks = { onUploadUrlAvailable: () => onUrl(pathOf(client.url)), onProgress, onSuccess: () => resolve() };
      client = new Upload(upload.file, { ...optionsOf(upload), ...callbacks, onError: (error) => reject(toUploadError(error)) });
      client.start();
    };
    loadClient().then(start, reject);
  });
  const abort = () => {
    isAborted = true;
    client?.abort();
    fail(new UploadError({ code: "aborted" }));
  };
  return { done, abort };
}

function optionsOf({ name, type, room, url }) {
  return {
    // Without an endpoint, a URL that does not respond is an error rather than a reason to create another upload.
    endpoint: url ? null : ENDPOINT,
    uploadUrl: url,
    chunkSize: CHUNK_SIZE,
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

async function loadClient() {
  try {
    return await loadModule("chatsite/vendor/tus/tus.js");
  } catch {
    throw new UploadError({});
  }
}

function toUploadError({ originalResponse: response }) {
  if (!response?.getStatus()) return new UploadError({});
  const retryAfter = Number(response.getHeader("Retry-After")) || null;
  return new UploadError({ status: response.getStatus(), code: "refused", retryAfter, ...parseError(response.getBody()) });
}

function parseError(body) {
  try {
    const error = JSON.parse(body);
    return { code: error.code, detail: errorText(error) };
  } catch {
    return {};
  }
}
