/** What the server would refuse, said before a byte is sent. `limits` is the page's: {file, files, file_types}. */

import { formatSize } from "chatsite/format/sizes.js";

/** Why this file cannot be sent, as a sentence, or "". */
export function validateFile({ name, size, type }, limits) {
  if (size > limits.file) return `“${name}” is ${formatSize(size)}. The limit is ${formatSize(limits.file)}.`;
  const { allowed, denied } = limits.file_types;
  const match = denied.find((pattern) => fits(pattern, name, type));
  if (match) return `“${name}” can’t be uploaded: ${match} files aren’t allowed.`;
  // Of a file whose type the browser does not know, the server looks at the content.
  const isUnclear = !type && allowed.some((pattern) => pattern.includes("/"));
  if (!allowed.length || isUnclear || allowed.some((pattern) => fits(pattern, name, type))) return "";
  return `“${name}” can’t be uploaded: only ${allowed.join(", ")} files are allowed.`;
}

/** Takes as many as there is room for: {taken, refusals: [sentence]}. `count` are there already. */
export function validateFiles(files, count, limits) {
  const refusals = [];
  const taken = [];
  for (const file of files) {
    const refusal = validateFile(file, limits);
    if (refusal) refusals.push(refusal);
    else taken.push(file);
  }
  const room = Math.max(0, limits.files - count);
  if (taken.length > room) refusals.push(`You can attach up to ${limits.files} files. ${left(taken.slice(room))}.`);
  return { taken: taken.slice(0, room), refusals };
}

function fits(pattern, name, type) {
  if (pattern.startsWith(".")) return name.toLowerCase().endsWith(pattern);
  if (pattern.endsWith("/*")) return type.startsWith(pattern.slice(0, -1));
  return type === pattern;
}

function left(files) {
  return files.length === 1 ? `“${files[0].name}” wasn’t added` : `${files.length} weren’t added`;
}
