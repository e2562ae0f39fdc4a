/** Shows the state of the connection in the banner, below the user's own name, and on <body> for style sheets. */

import { gettext, ngettext } from "chatsite/i18n.js";
import { ownState, ownStatusText } from "chatsite/model/presence.js";

const CONNECTING_DELAY = 1200; // no banner is shown if the connection is made within this time
const BACK_DURATION = 2500;
const LONG_DELAY = 3000; // the time until the next attempt is shown if it's longer
const SECOND = 1000;

export class ConnectionBanner {
  #banner = document.querySelector(".banner");
  #socket;
  #sidebar;
  #people;
  #presence;
  #retryButton = this.#banner.querySelector("button");
  #timer;
  #countdown;
  #wasDown = false;

  constructor({ socket, sidebar, people, presence }) {
    this.#socket = socket;
    this.#sidebar = sidebar;
    this.#people = people;
    this.#presence = presence;
    socket.addEventListener("state", () => this.#update());
    this.#retryButton.addEventListener("click", () => {
      socket.wake();
      this.#drawRetry();
    });
    socket.addEventListener("event", ({ detail: { type } }) => type === "server.closing" && this.#show("closing"));
    this.#update();
  }

  /** Draws the user's own name and state in the sidebar. */
  draw() {
    const { me } = this.#people;
    const isLive = this.#socket.state === "live";
    this.#sidebar.drawMe(me, this.#stateText(me), isLive ? ownState(me, this.#presence.stateOf(me.id)) : "off");
  }

  #stateText(me) {
    const { state } = this.#socket;
    if (state === "connecting") return gettext("Connecting…");
    if (state !== "live") return gettext("Reconnecting…");
    return ownStatusText(me) || gettext("Online");
  }

  #update() {
    const { state, reason } = this.#socket;
    document.body.dataset.connection = state;
    clearTimeout(this.#timer);
    if (state === "live") this.#showLive();
    else if (state === "offline") this.#showDown(reason);
    else this.#timer = setTimeout(() => this.#showDown("connecting"), CONNECTING_DELAY);
  }

  #showLive() {
    this.#show(this.#wasDown ? "back" : null);
    this.#wasDown = false;
    this.#timer = setTimeout(() => this.#show(null), BACK_DURATION);
  }

  #showDown(reason) {
    this.#wasDown = true;
    this.#show(reason === "lost" && !navigator.onLine ? "no_network" : reason);
  }

  #show(name) {
    this.#banner.hidden = !name;
    if (!name) return;
    this.#banner.classList.toggle("is-good", name === "back");
    const [title, text] = bannerTexts(name);
    this.#banner.querySelector("b").textContent = (name === "full" && this.#socket.detail) || title;
    this.#banner.querySelector("span").textContent = text;
    this.#drawRetry();
  }

  /** Counts down to the next attempt, if that is some time off, beside a button that makes it now. */
  #drawRetry() {
    clearTimeout(this.#countdown);
    const left = this.#socket.nextAttemptAt - Date.now();
    const isShown = this.#socket.state === "offline" && left > 0 && left < Infinity && (left > LONG_DELAY || !this.#retryButton.hidden);
    this.#retryButton.hidden = !isShown;
    if (!isShown) return;
    const count = Math.ceil(left / SECOND);
    this.#retryButton.textContent = ngettext("Try now (in %(count)s second)", "Try now (in %(count)s seconds)", count);
    this.#countdown = setTimeout(() => this.#drawRetry(), SECOND);
  }
}

/** Returns [title, text] for one of the socket's reasons, or for "connecting", "no_network", "closing" or "back". */
function bannerTexts(name) {
  const queued = gettext("Messages you send will be delivered when you’re back online.");
  const reconnecting = gettext("Reconnecting…");
  const texts = {
    connecting: [gettext("Connecting…"), queued],
    no_network: [gettext("You’re offline."), queued],
    restarting: [gettext("The server is restarting."), queued],
    closing: [gettext("The server is about to restart."), queued],
    full: [gettext("The server is full."), gettext("We’ll keep trying. Your messages are saved.")],
    slow: [reconnecting, `${gettext("Your connection couldn’t keep up.")} ${queued}`],
    flood: [gettext("You’re sending too fast."), gettext("Please wait a moment. Your messages are saved.")],
    malformed: [reconnecting, gettext("Something went wrong. Try reloading. Your messages are saved.")],
    blocked: [
      gettext("Can’t connect."),
      gettext(
        "The site responds, but something blocks the live connection, for example a proxy that isn’t set up for WebSockets. Let an admin know. Your messages are saved.",
      ),
    ],
    origin: [gettext("Wrong address."), gettext("Open the site at its official address.")],
    back: [gettext("Back online."), gettext("You’re up to date.")],
  };
  return texts[name] ?? [reconnecting, queued];
}
