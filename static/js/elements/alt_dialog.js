/** The dialog for an image's alt text. */

/** Resolves when the dialog is closed. `save(alt)` may throw an Error, whose message is shown in the dialog. */
export function askForAlt(alt, save) {
  const dialog = document.getElementById("describe");
  const form = dialog.querySelector("form");
  const error = dialog.querySelector(".dialog__error");
  const closed = new AbortController();
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
    { signal: closed.signal },
  );
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        closed.abort();
        resolve();
      },
      { once: true },
    );
  });
}
