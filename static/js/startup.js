/** Shows an error if the chat page doesn't start. Not a module, so that it runs even if modules can't be loaded or parsed. */

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
})();
