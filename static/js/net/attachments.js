/** Requests about an attachment, which is identified by its id. */

import { getJson, post, remove } from "chatsite/net/http.js";

const TUS = { "Tus-Resumable": "1.0.0" };

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
  return remove(`/uploads/${id}/`, TUS);
}

/** Has the server copy files of a message, to be posted in another room. Resolves with the new attachments, or makes none. */
export async function copyAttachments(files, room) {
  const copies = [];
  try {
    for (const { id } of files) copies.push(await copyAttachment(id, room));
  } catch (error) {
    for (const { id } of copies) cancelUpload(id).catch(() => {});
    throw error;
  }
  return copies;
}

async function copyAttachment(id, room) {
  const headers = { ...TUS, "Upload-Metadata": `room ${btoa(room)},copy ${btoa(id)}` };
  const response = await post("/uploads/", undefined, { headers });
  return fetchAttachment(response.headers.get("Location").split("/")[2]);
}
