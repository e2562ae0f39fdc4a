/** <reminder-form>: the form of a reminder. Shows the field for the date and time when it is needed. */

class ReminderForm extends HTMLElement {
  connectedCallback() {
    const { form } = this.querySelector("[name=at]");
    const update = () => {
      const isChosen = form.elements.when.value === "at";
      form.elements.at.closest("div").hidden = !isChosen;
      form.elements.at.required = isChosen;
    };
    form.addEventListener("change", update);
    update();
  }
}

customElements.define("reminder-form", ReminderForm);
