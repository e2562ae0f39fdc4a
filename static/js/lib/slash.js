/** Commands in the composer: "/block name". Whatever else begins with a stroke is a message. */

/** {name, rest} of a command among `names`, or null for a message. */
export function commandIn(body, names) {
  const [, name, rest] = /^\/([a-z]+)(?:\s+([^\n]*))?$/.exec(body) ?? [];
  return names.includes(name) ? { name, rest: (rest ?? "").trim() } : null;
}
