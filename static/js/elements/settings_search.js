/**
 * <settings-search>: the search box above the settings, which lists matches as the user types. Without this script,
 * the form leads to a page with the same list.
 *
 * Attribute: `src`, the URL of all settings.
 */

import { gettext, ngettext } from "chatsite/i18n.js";
import { fold } from "chatsite/format/folding.js";
import { getJson } from "chatsite/net/http.js";

class SettingsSearch extends HTMLElement {
  #input;
  #list = document.createElement("ul");
  #status = document.createElement("p");
  #settings = null;

  connectedCallback() {
    if (this.#input) return;
    this.#input = this.querySelector("input");
    this.#list.className = "settings-found";
    this.#list.hidden = true;
    this.#status.role = "status";
    this.append(this.#list, this.#status);
    this.#input.addEventListener("input", () => this.#search());
    this.addEventListener("keydown", (event) => this.#onKey(event));
    this.#list.addEventListener("click", ({ target }) => target.closest("a") && this.#clear());
    this.querySelector("form").addEventListener("submit", (event) => this.#openFirst(event));
    if (this.#input.value !== this.#input.defaultValue) this.#search(); // typed before this code was loaded
  }

  async #search() {
    this.#settings ??= getJson(this.getAttribute("src")).then(({ settings }) => settings);
    try {
      this.#show(await this.#settings);
    } catch (error) {
      this.#settings = null;
      this.#say(error.message);
    }
  }

  #show(settings) {
    const words = fold(this.#input.value).split(/\s+/).filter(Boolean);
    const matching = words.length ? settings.filter((setting) => words.every((word) => setting.words.includes(word))) : [];
    const isNamed = ({ name }) => fold(name).includes(words[0]);
    const found = [...matching.filter(isNamed), ...matching.filter((setting) => !isNamed(setting))];
    this.#list.replaceChildren(...found.map(itemOf));
    this.#list.hidden = !found.length;
    if (found.length) this.#say(ngettext("%(count)s setting found", "%(count)s settings found", found.length), true);
    else this.#say(words.length ? gettext("No settings found") : "");
  }

  #say(text, isHidden = false) {
    this.#status.textContent = text;
    this.#status.classList.toggle("sr-only", isHidden || !text);
  }

  #clear() {
    this.#input.value = "";
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#say("");
  }

  #openFirst(event) {
    const first = this.#list.querySelector("a");
    if (!first) return;
    event.preventDefault();
    event.stopPropagation();
    first.click();
  }

  #onKey(event) {
    const { key } = event;
    const links = [this.#input, ...this.#list.querySelectorAll("a")];
    const index = links.indexOf(document.activeElement);
    if (key === "Escape" && this.#input.value) {
      event.preventDefault(); // the panel stays open
      event.stopPropagation();
      this.#clear();
      this.#input.focus();
    } else if ((key === "ArrowDown" || key === "ArrowUp") && index >= 0) {
      event.preventDefault();
      links[index + (key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  }
}

function itemOf({ name, page, url, help }) {
  const link = Object.assign(document.createElement("a"), { href: url });
  for (const [tag, text] of [["b", name], ["span", page], ["small", help]]) {
    if (text) link.append(Object.assign(document.createElement(tag), { textContent: text }), " ");
  }
  const item = document.createElement("li");
  item.append(link);
  return item;
}

customElements.define("settings-search", SettingsSearch);
