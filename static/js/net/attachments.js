/** Requests about an attachment, which is identified by its id. */

import { getJson, post, remove } from "chatsite/net/http.js";

/** Fetches the attachment as messages show it, once the server has the complete file. */
export function fetchAttachment(id) {
  return getJson(`/attachments/${id}/facts/`);
}

/** Saves the alternative text of one's own image, whether or not it is posted. */
export function saveAltText(id, alt) {
  return post(`/attachments/${id}/alt/`, { alt });
}

/** Deletes a file that doesn't belong to a message. */
export function cancelUpload(id) {
  return remove(`/uploads/${id}/`, { "Tus-Resumable": "1.0.0" });
}
