/** Content shared by another app. The service worker stores it until a page takes it. */

const CACHE = "shared";
const KEY = "/share/";

/** Resolves with {title, text, url, files}, once, or with null. */
export async function takeShared() {
  const cache = await caches.open(CACHE);
  const response = await cache.match(KEY);
  await forgetShared();
  if (!response) return null;
  const form = await response.formData();
  const [title, text, url] = ["title", "text", "url"].map((name) => String(form.get(name) ?? "").trim());
  return { title, text, url, files: form.getAll("files").filter((file) => file instanceof File) };
}

export async function forgetShared() {
  await globalThis.caches?.delete(CACHE);
}
