/** <message-thread>: the page of a thread. In a panel of the chat page, it is drawn by `ThreadView`; elsewhere, by the server. */
class MessageThread extends HTMLElement {
  /** Called when the page is closed. */
  closed = () => {};

  connectedCallback() {
    this.dispatchEvent(new Event("thread-opened", { bubbles: true }));
  }

  disconnectedCallback() {
    this.closed();
  }
}

customElements.define("message-thread", MessageThread);
