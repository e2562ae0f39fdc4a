/** The only two doors for HTML: both take nothing but what our own server made safe. */

/** A message's `html`, sanitised by the server when it was written. */
export function showMessageHtml(element, html) {
  element.innerHTML = html;
}

/** A fragment of a page, rendered and escaped by the server's templates. */
export function showFragment(element, html) {
  element.innerHTML = html;
}
