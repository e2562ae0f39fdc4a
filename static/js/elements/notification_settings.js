/** <notification-settings>: the form for notifications. Copies Monday’s quiet hours without sending the form. */

const PARTS = ["on", "from", "to"];

class NotificationSettings extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      if (event.target.name !== "copy") return;
      event.preventDefault();
      this.#copyFirstDay();
    });
  }

  #copyFirstDay() {
    const { elements } = this.querySelector("form");
    for (const part of PARTS) {
      const first = elements.namedItem(`quiet_0_${part}`);
      for (let day = 1; day < 7; day += 1) {
        const field = elements.namedItem(`quiet_${day}_${part}`);
        field.checked = first.checked;
        field.value = first.value;
      }
    }
    this.querySelector("form").dispatchEvent(new Event("input", { bubbles: true }));
  }
}

customElements.define("notification-settings", NotificationSettings);
