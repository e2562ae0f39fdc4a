/** <sound-field>: plays the sound of notifications that is chosen. */

import { playSound } from "chatsite/elements/sounds.js";

class SoundField extends HTMLElement {
  connectedCallback() {
    const play = () => playSound(this.querySelector("select, input:checked").value).catch(() => {});
    this.addEventListener("change", play);
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", play);
  }
}

customElements.define("sound-field", SoundField);
