/** The only doors for HTML: all take nothing but what our own server made safe. */

/** A message's `html`, sanitised by the server when it was written. */
export function showMessageHtml(element, html) {
  element.innerHTML = html;
}

/** Lines of a text file, escaped and coloured by the server: nothing but text and <span class>. */
export function showFileLines(element, html) {
  element.innerHTML = html;
}

/** A fragment of a page, rendered and escaped by the server's templates. */
export function showFragment(element, html) {
  element.innerHTML = html;
}
