/** Returns the text of a server error: `detail` without the field name that it starts with for programs. */
export function errorText({ field, detail = "" } = {}) {
  return field && detail.startsWith(`${field}: `) ? detail.slice(field.length + 2) : detail;
}
