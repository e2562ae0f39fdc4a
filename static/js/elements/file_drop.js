/** How files come to the page: the button, dropping them on the conversation, pasting them. */

/** `canTake()` says whether files can be sent here now; `take(files, folders)` gets them, and the names of folders among them. */
export function watchIntake({ canTake, where, take }) {
  watchPicker(take);
  watchDrops({ canTake, where, take });
  document.addEventListener("paste", (event) => {
    const files = canTake() && !isElsewhere(event.target) ? pasted(event.clipboardData) : [];
    if (!files.length) return;
    event.preventDefault();
    take(files, []);
  });
}

/** Lets one file be chosen; resolves with it, or never. */
export function chooseOne(field = document.createElement("input")) {
  field.type = "file";
  return new Promise((resolve) => {
    field.addEventListener("change", () => resolve(field.files[0]), { once: true });
    field.click();
  });
}

function watchPicker(take) {
  const field = document.getElementById("files");
  document.querySelector('[data-action="attach"]').addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    take([...field.files], []);
    field.value = ""; // the same file can be chosen once more
  });
}

function watchDrops({ canTake, where, take }) {
  const room = document.querySelector(".room");
  const target = room.querySelector(".drop");
  const show = (isShown) => {
    if (isShown) target.querySelector("span").textContent = where();
    target.hidden = !isShown;
  };
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    const isTaken = room.contains(event.target) && canTake() && !document.querySelector("dialog[open]");
    event.preventDefault(); // or the browser would leave the page for the file
    event.dataTransfer.dropEffect = isTaken ? "copy" : "none";
    show(isTaken);
  });
  document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || show(false));
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const isTaken = !target.hidden;
    show(false);
    if (isTaken) take(...dropped(event.dataTransfer));
  });
}

function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files");
}

/** [files, names of folders]. A folder would come as a file that cannot be read. */
function dropped({ items }) {
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => [item.getAsFile(), item.webkitGetAsEntry?.()]);
  const isFolder = ([, entry]) => entry?.isDirectory;
  const folders = entries.filter(isFolder).map(([, { name }]) => name);
  return [entries.filter((entry) => !isFolder(entry) && entry[0]).map(([file]) => file), folders];
}

/** Office programs put a picture of the text beside it: then the text is meant. */
function pasted({ files, types }) {
  if (types.includes("text/plain") && types.includes("text/html")) return [];
  return [...files].map((file) => (file.name === "image.png" ? named(file) : file));
}

/** A picture that was no file has no name; one that tells it from the next. */
function named(file) {
  const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();
  return new File([file], `image ${now.slice(0, 10)} ${now.slice(11, 19).replaceAll(":", ".")}.png`, { type: file.type });
}

/** In another field than the message's, such as a search. */
function isElsewhere(target) {
  return Boolean(target.closest?.("dialog[open], .editor, input, room-list"));
}
