/** The only functions that insert HTML: each takes only what our own server has made safe. */

/** A message's `html`, which the server sanitises when the message is posted. */
export function showMessageHtml(element, html) {
  element.innerHTML = html;
}

/** Lines of a text file, escaped and highlighted by the server: nothing but text and <span class>. */
export function showFileLines(element, html) {
  element.innerHTML = html;
}

/** A part of a page, rendered and escaped by the server's templates. */
export function showFragment(element, html) {
  element.innerHTML = html;
}
