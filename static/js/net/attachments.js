/** Requests about one attachment, by its id. */

import { getJson, post, remove } from "chatsite/net/http.js";

/** The attachment as messages show it, once the server has all of it. */
export function fetchAttachment(id) {
  return getJson(`/attachments/${id}/facts/`);
}

/** Saves the alternative text of one's own image, before it is posted and after. */
export function saveAltText(id, alt) {
  return post(`/attachments/${id}/alt/`, { alt });
}

/** Deletes a file that no message has. */
export function cancelUpload(id) {
  return remove(`/uploads/${id}/`, { "Tus-Resumable": "1.0.0" });
}
