/** The base of the elements that show the site's pages in the chat page: their content, forms and errors. */

import { confirmAction } from "chatsite/elements/dialogs.js";
import { showFragment } from "chatsite/elements/server_html.js";
import { gettext } from "chatsite/i18n.js";
import { loadModule } from "chatsite/net/module_loader.js";

const FIRST_FIELD = "[autofocus], .is-invalid, [aria-invalid=true]";

/**
 * Emits "panel-submit" ({url, body}), where `body` is null for a search form, "panel-close", and "panel-retry". Subclasses have
 * `isOpen` and `reveal()`, and extend `close()`.
 */
export class Panel extends HTMLElement {
  #body;
  #isChanged = false;
  #shows = 0;

  connectedCallback() {
    this.#body = this.querySelector(".panel__body");
    this.addEventListener("click", ({ target }) => {
      if (target.closest("[data-panel-close]")) this.requestClose();
      else if (target.closest("[data-panel-retry]")) this.#emit("panel-retry");
    });
    this.#body.addEventListener("submit", (event) => this.#submit(event));
    this.#body.addEventListener("input", ({ target }) => {
      if (target.form?.method === "post") this.#isChanged = true;
    });
  }

  /** Opens the panel, without content if that takes long to load. */
  open() {
    if (this.isOpen) return;
    this.#body.replaceChildren();
    this.reveal();
  }

  get isBusy() {
    return this.#body.getAttribute("aria-busy") === "true";
  }

  set isBusy(isBusy) {
    this.#body.setAttribute("aria-busy", String(isBusy));
  }

  /**
   * Shows a page's fragment, once its style sheets and modules are loaded, so that it reacts as soon as it is seen. Without its
   * modules, it is shown all the same, and their error is thrown. It isn't shown if another page is, or the panel is closed.
   */
  async show(html) {
    const show = ++this.#shows;
    const page = new DOMParser().parseFromString(html, "text/html");
    const modules = [...page.querySelectorAll("script[data-module]")].map(({ dataset }) => loadModule(dataset.module));
    const [loaded] = await Promise.all([
      Promise.allSettled(modules),
      ...[...page.querySelectorAll('link[rel="stylesheet"]')].map(loadStyles),
    ]);
    if (show !== this.#shows) return;
    for (const each of page.querySelectorAll("link, script, title")) each.remove();
    const theme = page.querySelector("meta[name=theme]")?.content ?? "";
    document.documentElement.toggleAttribute("data-theme", Boolean(theme));
    if (theme) document.documentElement.dataset.theme = theme;
    showFragment(this.#body, this.contentOf(page));
    this.markSaved();
    this.#body.scrollTop = 0;
    this.shown(this.#body);
    const failed = loaded.find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Returns the part of a page that is shown. */
  contentOf(page) {
    return page.head.innerHTML + page.body.innerHTML;
  }

  /** Called when a page is shown. Moves the focus into it. */
  shown(body) {
    (body.querySelector(FIRST_FIELD) ?? body.querySelector("main"))?.focus();
  }

  showError(message) {
    const text = document.createElement("p");
    text.textContent = message;
    const retry = document.createElement("button");
    Object.assign(retry, { type: "button", className: "button", textContent: gettext("Try again") });
    retry.dataset.panelRetry = "";
    const error = document.createElement("div");
    error.className = "panel__error";
    error.role = "alert";
    error.append(text, retry);
    // Keeps a form that couldn't be sent, with all that was entered.
    this.#body.querySelector(".panel__error")?.remove();
    this.#body.prepend(error);
    retry.hidden = this.#body.childElementCount > 1;
    error.scrollIntoView({ block: "nearest" });
  }

  /** Scrolls to an element, marks it like the target of a URL, and focuses the field in it. */
  scrollTo(id) {
    const target = this.#body.querySelector(`#${CSS.escape(id)}`);
    if (!target) return;
    target.classList.add("is-target");
    target.scrollIntoView({ block: "center" });
    target.querySelector("input:not([type=hidden]), select, textarea")?.focus({ preventScroll: true });
  }

  /** Closes the panel, after asking if a form has been filled in but not sent. */
  async requestClose() {
    const question = {
      title: gettext("Discard your changes?"),
      text: gettext("You’ve made changes that haven’t been saved."),
      action: gettext("Discard"),
    };
    if (!this.#isChanged || (await confirmAction(question))) this.#emit("panel-close");
  }

  /** Must be called when the server has accepted the form: closing then asks nothing, even if the next page isn't loaded yet. */
  markSaved() {
    this.#isChanged = false;
  }

  close() {
    this.#shows += 1;
    this.markSaved();
    this.#body.replaceChildren();
  }

  #submit(event) {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || "download" in form.dataset) return;
    event.preventDefault();
    const url = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
    const body = new FormData(form, submitter);
    if (form.method === "post") return this.#emit("panel-submit", { url: url.href, body });
    url.search = new URLSearchParams([...body].filter(([, value]) => value));
    this.#emit("panel-submit", { url: url.href, body: null });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Adds a style sheet to the page, unless it's already there. */
function loadStyles({ href }) {
  if ([...document.querySelectorAll('link[rel="stylesheet"]')].some((link) => link.href === href)) return null;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve;
  });
}
