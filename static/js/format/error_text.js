/** The text of a server error: `detail` without the name of the field, which it starts with for programs. */
export function errorText({ field, detail = "" } = {}) {
  return field && detail.startsWith(`${field}: `) ? detail.slice(field.length + 2) : detail;
}
