/** <attachment-tray>: the files of the message being written, and errors about files that weren't added or uploaded. */

import "chatsite/elements/upload_list.js";

export class AttachmentTray extends HTMLElement {
  get #list() {
    return this.querySelector("upload-list");
  }

  /** `speedOf(upload)` returns bytes per second, or null. */
  draw(uploads, speedOf) {
    this.hidden = !uploads.length && !this.querySelector(".tray__errors").textContent;
    this.#list.draw(uploads, speedOf);
  }

  /** Shows sentences about files. An empty list clears them. */
  showErrors(sentences) {
    this.querySelector(".tray__errors").textContent = sentences.join(" ");
    this.hidden = this.#list.isEmpty && !sentences.length;
  }
}

customElements.define("attachment-tray", AttachmentTray);
