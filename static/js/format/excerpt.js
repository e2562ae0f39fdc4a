/** A message in one line. */

/** What it says, or else which files it brings, on one line of at most `most` characters. */
export function excerptOf({ body, attachments }, most) {
  const line = (body || namesOf(attachments)).replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

function namesOf(attachments) {
  return attachments?.length ? `📎 ${attachments.map(({ name }) => name).join(", ")}` : "";
}
