/** Checks files before they are uploaded, by the server's rules. `limits` is the page's: {file, files, file_types}. */

import { formatSize } from "chatsite/format/sizes.js";
import { formatList, gettext, ngettext } from "chatsite/i18n.js";

/** The error that keeps the file from being uploaded, or "". */
export function validateFile({ name, size, type }, limits) {
  if (size > limits.file) {
    const sizes = { size: formatSize(size), limit: formatSize(limits.file) };
    return gettext("“%(name)s” is %(size)s. The limit is %(limit)s.", { name, ...sizes });
  }
  const { allowed, denied } = limits.file_types;
  const match = denied.find((pattern) => matches(pattern, name, type));
  if (match) return gettext("“%(name)s” can’t be uploaded: %(type)s files aren’t allowed.", { name, type: match });
  // Of a file whose type the browser does not know, the server inspects the content.
  const isUnclear = !type && allowed.some((pattern) => pattern.includes("/"));
  if (!allowed.length || isUnclear || allowed.some((pattern) => matches(pattern, name, type))) return "";
  return gettext("“%(name)s” can’t be uploaded: only %(types)s files are allowed.", { name, types: formatList(allowed) });
}

/** Returns {accepted, errors} of files to be added to `count` others: as many valid ones as a message may have. */
export function validateFiles(files, count, limits) {
  const errors = [];
  const valid = [];
  for (const file of files) {
    const error = validateFile(file, limits);
    if (error) errors.push(error);
    else valid.push(file);
  }
  const free = Math.max(0, limits.files - count);
  if (valid.length > free) errors.push(tooMany(valid.slice(free), limits.files));
  return { accepted: valid.slice(0, free), errors };
}

function matches(pattern, name, type) {
  if (pattern.startsWith(".")) return name.toLowerCase().endsWith(pattern);
  if (pattern.endsWith("/*")) return type.startsWith(pattern.slice(0, -1));
  return type === pattern;
}

function tooMany(rest, limit) {
  return ngettext(
    "You can attach up to %(limit)s files. “%(name)s” wasn’t added.",
    "You can attach up to %(limit)s files. %(count)s weren’t added.",
    rest.length,
    { limit, name: rest[0].name },
  );
}
