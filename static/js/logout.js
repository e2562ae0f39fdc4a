/** Logging out on pages other than the chat. */

import { watchLogout } from "chatsite/controllers/logout.js";
import { gettext } from "chatsite/i18n.js";
import { openStores } from "chatsite/store/indexed_db.js";
import { localStore } from "chatsite/store/safe_storage.js";

const forms = document.querySelectorAll("form[data-logout]");
const ask = () => confirm(gettext("You have messages, drafts or files that haven’t been sent. Log out and delete them from this browser?"));
openStores().then((stores) => {
  for (const form of forms) watchLogout({ form, user: Number(form.dataset.logout), storage: localStore, stores, ask });
});
