/** What the server is asked about one file, by its id. */

import { getJson, post, remove } from "chatsite/net/http.js";

/** The file as it is shown in a message, once all of it is there. */
export function fetchAttachment(id) {
  return getJson(`/attachments/${id}/facts/`);
}

/** One's own picture in words, before it is posted and after. */
export function saveAltText(id, alt) {
  return post(`/attachments/${id}/alt/`, { alt });
}

/** A file that is in no message is no longer wanted. */
export function cancelUpload(id) {
  return remove(`/uploads/${id}/`, { "Tus-Resumable": "1.0.0" });
}
