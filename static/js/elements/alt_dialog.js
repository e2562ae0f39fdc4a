/** The dialog that asks what a picture shows, for people who cannot see it. */

/** `save(alt)` may throw an Error: its message is shown, and the dialog stays. Resolves when it is closed. */
export function askForAlt(alt, save) {
  const dialog = document.getElementById("describe");
  const form = dialog.querySelector("form");
  const error = dialog.querySelector(".dialog__error");
  const over = new AbortController();
  form.elements.alt.value = alt;
  error.textContent = "";
  form.addEventListener(
    "submit",
    async (event) => {
      if (event.submitter?.value !== "yes") return;
      event.preventDefault();
      try {
        await save(form.elements.alt.value.trim());
        dialog.close();
      } catch (refusal) {
        error.textContent = refusal.message;
      }
    },
    { signal: over.signal },
  );
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        over.abort();
        resolve();
      },
      { once: true },
    );
  });
}
