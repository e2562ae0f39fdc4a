/** Logs out, and deletes the user's data from the browser, which someone else may use next. */

import { forgetUser, hasStored } from "chatsite/store/forget.js";

const TIMEOUT = 3000; // a store that hangs must not prevent logging out

/**
 * `ask()` resolves with whether to log out anyway. It is called if something is stored or, because the browser may be unable to
 * store it, `hasUnsent()` is true. `stop()` is called before everything is deleted, and must prevent anything from being stored
 * again. For `storage` and `stores`, see store/forget.js.
 */
export function watchLogout({ form, user, storage, stores, ask, hasUnsent = () => false, stop = () => {} }) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const isUnsent = hasUnsent() || (await within(TIMEOUT, hasStored(user, { storage, stores })));
    if (isUnsent && !(await ask())) return;
    stop();
    await within(TIMEOUT, forgetUser(user, { storage, stores }));
    form.submit();
  });
}

function within(milliseconds, promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
}
