/**
 * Loads style sheets again, and shows an error if the chat page doesn't start. Not a module, so that it runs even if modules can't be
 * loaded or parsed.
 */

(() => {
  const TIMEOUT = 30_000;
  const isStarted = () => "started" in document.body.dataset;
  const check = () => {
    document.getElementById("not-started").hidden = isStarted();
  };
  const isOwn = ({ target }) => target === window || target.matches?.("script");
  // Captures, because errors of elements don't bubble.
  addEventListener("error", (event) => isOwn(event) && !isStarted() && check(), { capture: true });
  addEventListener("chatsite-started", check);
  setTimeout(check, TIMEOUT);

  // Browsers request a style sheet only once. The chat would work without it, but hardly anything could be read or clicked.
  const STYLES = 'link[rel="stylesheet"]';
  const DELAYS = [0, 1_000, 4_000, 15_000, 60_000]; // in milliseconds
  const loadAgain = (link) => {
    const tries = Number(link.dataset.tries ?? 0);
    if (tries === DELAYS.length) return;
    const next = link.cloneNode();
    next.dataset.tries = tries + 1;
    setTimeout(() => link.replaceWith(next), DELAYS[tries]);
  };
  const isMissing = ({ sheet }) => {
    try {
      return !sheet?.cssRules.length;
    } catch {
      return true; // Safari treats it like one of another site
    }
  };
  // Errors before this script are noticed when the page has loaded.
  addEventListener("load", () => [...document.querySelectorAll(STYLES)].filter(isMissing).forEach(loadAgain));
  addEventListener("error", ({ target }) => target.matches?.(STYLES) && loadAgain(target), { capture: true });
})();
