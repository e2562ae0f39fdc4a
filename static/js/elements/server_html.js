/** The only functions that insert HTML, which must have been made safe by our own server. */

/** Shows a message's `html`, which the server sanitizes when the message is posted. */
export function showMessageHtml(element, html) {
  element.innerHTML = html;
}

/** Shows lines of a text file, escaped and highlighted by the server, which only contain text and <span class>. */
export function showFileLines(element, html) {
  element.innerHTML = html;
}

/** Shows a part of a page, which is rendered and escaped by the server's templates. */
export function showFragment(element, html) {
  element.innerHTML = html;
}
