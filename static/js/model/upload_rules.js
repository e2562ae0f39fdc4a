/** Validates files with the server's rules before they are uploaded. `limits`: the page's {file, files, file_types}. */

import { formatSize } from "chatsite/format/sizes.js";
import { formatList, gettext, ngettext } from "chatsite/i18n.js";

/** Returns the error that prevents the file from being uploaded, or "". */
export function validateFile({ name, size, type }, limits) {
  if (size > limits.file) {
    const sizes = { size: formatSize(size), limit: formatSize(limits.file) };
    return gettext("“%(name)s” is %(size)s. The limit is %(limit)s.", { name, ...sizes });
  }
  const { allowed, denied } = limits.file_types;
  const match = denied.find((pattern) => matches(pattern, name, type));
  if (match) return gettext("“%(name)s” can’t be uploaded: %(type)s files aren’t allowed.", { name, type: match });
  // If the browser doesn't know the file's type, the server inspects the content.
  const isUnclear = !type && allowed.some((pattern) => pattern.includes("/"));
  if (!allowed.length || isUnclear || allowed.some((pattern) => matches(pattern, name, type))) return "";
  return gettext("“%(name)s” can’t be uploaded: only %(types)s files are allowed.", { name, types: formatList(allowed) });
}

/** Returns {accepted, errors} for files added to `count` others. Accepts valid files up to the limit for a message. */
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
