/** Loads the site's pages into a panel, whose code is loaded when it is first used. */

import { notify } from "chatsite/elements/notices.js";
import { fetchFragment } from "chatsite/net/http.js";

export class PanelLoader {
  #panel;
  #define;
  #redirect;
  #lastRequest = 0;
  #url = null;
  #retry = () => {};

  /** `define()` loads the code of the element `panel`. `redirect(answer, url)` follows a redirect from a page. */
  constructor({ panel, define, redirect }) {
    this.#panel = panel;
    this.#define = define;
    this.#redirect = redirect;
    panel.addEventListener("panel-retry", () => this.#retry());
  }

  /** The URL of the page that is shown, or null. */
  get url() {
    return this.#url;
  }

  get isOpen() {
    return this.#url !== null;
  }

  get isBusy() {
    return Boolean(this.#panel.isBusy);
  }

  /** True if it is open and covers the conversation. */
  get isCovering() {
    return this.isOpen && Boolean(this.#panel.isCovering);
  }

  contains(element) {
    return this.#panel.contains(element);
  }

  focus() {
    this.#panel.focusComposer?.();
  }

  async load(url, options) {
    const request = ++this.#lastRequest;
    this.#url = url;
    this.#retry = () => this.load(url, options);
    try {
      await this.#define();
    } catch (error) {
      return this.#giveUp(error);
    }
    if (request !== this.#lastRequest) return;
    this.#panel.open();
    this.#panel.isBusy = true;
    try {
      const answer = await fetchFragment(url, options);
      if (request !== this.#lastRequest) return;
      if (answer.location) {
        if (options?.body) this.#panel.markSaved();
        return this.#redirect(answer, url);
      }
      await this.#panel.show(answer.html);
      if (request !== this.#lastRequest) return;
      const { hash } = new URL(url);
      if (hash) this.#panel.scrollTo(hash.slice(1));
    } catch (error) {
      if (request === this.#lastRequest) this.#panel.showError(error.message);
    } finally {
      if (request === this.#lastRequest) this.#panel.isBusy = false;
    }
  }

  close() {
    this.#lastRequest += 1;
    const wasOpen = this.isOpen && this.#panel.isOpen;
    this.#url = null;
    if (wasOpen) this.#panel.close();
  }

  #giveUp(error) {
    this.#url = null;
    history.back();
    notify(error.message, "is-error");
  }
}
