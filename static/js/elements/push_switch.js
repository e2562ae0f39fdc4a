/** <push-switch>: says whether this browser notifies the user, and turns it on, which dispatches a `change` event. */

import { gettext } from "chatsite/i18n.js";
import { isSubscribed, permissionState, turnOnNotifications } from "chatsite/net/push.js";

class PushSwitch extends HTMLElement {
  connectedCallback() {
    this.#button.addEventListener("click", () => this.#turnOn());
    this.#draw();
  }

  get #button() {
    return this.querySelector("button");
  }

  get #status() {
    return this.querySelector("p");
  }

  get #user() {
    return Number(this.dataset.user);
  }

  async #turnOn() {
    this.#button.disabled = true;
    try {
      await this.#draw(await turnOnNotifications(this.#user));
      this.dispatchEvent(new Event("change", { bubbles: true }));
    } catch (error) {
      this.#status.textContent = failureText(error.message);
    }
    this.#button.disabled = false;
  }

  async #draw(permission = permissionState()) {
    const state = (await isSubscribed(this.#user)) ? "on" : permission;
    this.#status.textContent = textOf(state);
    this.#button.hidden = state === "on" || state === "denied" || state === "unsupported";
    this.hidden = false;
  }
}

function failureText(reason) {
  return gettext("Couldn’t turn on push notifications. You’re notified while the site is open. %(reason)s", { reason });
}

function textOf(state) {
  if (state === "on") return gettext("This device notifies you, also when the site isn’t open.");
  if (state === "denied") return gettext("Your browser blocks notifications. You can allow them in its settings for this site.");
  if (state === "unsupported")
    return gettext("Notifications need HTTPS and a browser that supports them. On an iPhone or iPad, add the site to the home screen first.");
  return gettext("This device doesn’t notify you when the site isn’t open.");
}

customElements.define("push-switch", PushSwitch);
