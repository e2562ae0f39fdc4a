/** Accepts files that are selected with the button, dropped on the conversation or pasted. */

/**
 * Accepts files in a part of the page, `root`, until the signal is aborted. `isAllowed()` returns whether files can be attached;
 * `onFiles(files, folders)` gets them and the names of dropped folders.
 */
export function watchFileInput({ root, isAllowed, dropText, onFiles, signal }) {
  watchPicker(root, onFiles);
  watchDrops({ root, isAllowed, dropText, onFiles, signal });
  const paste = (event) => {
    const files = isAllowed() && isMeant(root, event.target) ? pastedFiles(event.clipboardData) : [];
    if (!files.length) return;
    event.preventDefault();
    onFiles(files, []);
  };
  document.addEventListener("paste", paste, { signal });
}

/** Lets the user choose one file. Resolves with it, or never. */
export function pickFile(field = document.createElement("input")) {
  field.type = "file";
  return new Promise((resolve) => {
    field.addEventListener("change", () => resolve(field.files[0]), { once: true });
    field.click();
  });
}

function watchPicker(root, onFiles) {
  const field = root.querySelector(".composer__files");
  root.querySelector('[data-action="attach"]').addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    onFiles([...field.files], []);
    field.value = ""; // so that the same file can be chosen again
  });
}

function watchDrops({ root, isAllowed, dropText, onFiles, signal }) {
  const target = root.querySelector(".drop");
  const show = (isShown) => {
    if (isShown) target.querySelector("span").textContent = dropText();
    target.hidden = !isShown;
  };
  const listen = (type, handle) => document.addEventListener(type, handle, { signal });
  listen("dragover", (event) => {
    if (!hasFiles(event)) return;
    const isHere = root.contains(event.target);
    const isAccepted = isHere && isAllowed() && !document.querySelector("dialog[open]");
    // Otherwise the browser would navigate to the file.
    if (!event.defaultPrevented) event.dataTransfer.dropEffect = "none";
    event.preventDefault();
    if (isAccepted) event.dataTransfer.dropEffect = "copy";
    show(isAccepted);
  });
  listen("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  listen("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const isAccepted = !target.hidden;
    show(false);
    if (isAccepted) onFiles(...droppedFiles(event.dataTransfer));
  });
}

function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files");
}

/** Returns [files, names of folders]. A folder would otherwise be included as a file that can't be read. */
function droppedFiles({ items }) {
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => [item.getAsFile(), item.webkitGetAsEntry?.()]);
  const isFolder = ([, entry]) => entry?.isDirectory;
  const folders = entries.filter(isFolder).map(([, { name }]) => name);
  return [entries.filter((entry) => !isFolder(entry) && entry[0]).map(([file]) => file), folders];
}

/** Returns no files if there is HTML text, as office programs add an image of copied text. */
function pastedFiles({ files, types }) {
  if (types.includes("text/plain") && types.includes("text/html")) return [];
  return [...files].map((file) => (file.name === "image.png" ? withTimeInName(file) : file));
}

/** Renames a pasted image, because they all have the same name. */
function withTimeInName(file) {
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  return new File([file], `image ${now.slice(0, 10)} ${now.slice(11, 19).replaceAll(":", ".")}.png`, { type: file.type });
}

/** Content pasted outside of a composer goes to the conversation, or to the thread if one covers it. */
function isMeant(root, target) {
  if (target.closest?.("dialog[open], .editor, input, room-list")) return false;
  if (root.contains(target)) return true;
  return !target.closest?.("main, thread-panel") && root.matches("main") !== document.querySelector("main").inert;
}
