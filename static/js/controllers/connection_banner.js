/** The state of the line in words: below the name, in the banner, and on the body for everything else. */

const KEPT = "Messages you send will be delivered when you’re back online.";

const BANNERS = {
  connecting: ["Connecting…", KEPT],
  lost: ["Reconnecting…", KEPT],
  no_network: ["You’re offline.", KEPT],
  restarting: ["The server is restarting.", KEPT],
  closing: ["The server is about to restart.", KEPT],
  full: ["The server is full.", "We’ll keep trying. Your messages are saved."],
  slow: ["Reconnecting…", `Your connection couldn’t keep up. ${KEPT}`],
  flood: ["You’re sending too fast.", "Please wait a moment. Your messages are saved."],
  malformed: ["Reconnecting…", "Something went wrong. Try reloading. Your messages are saved."],
  origin: ["Wrong address.", "Open the site at its official address."],
  back: ["Back online.", "You’re up to date."],
};

const PATIENCE = 1200;
const BACK_FOR = 2500;

export class Line {
  #banner = document.querySelector(".banner");
  #socket;
  #timer;
  #wasDown = false;

  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener("state", () => this.#changed());
    this.#changed();
  }

  get isLive() {
    return this.#socket.state === "live";
  }

  /** `own`: what one says of oneself, or "". */
  words(hereCount, own) {
    if (this.isLive) return `${own || "Online"} · ${hereCount} online`;
    return this.#socket.state === "connecting" ? "Connecting…" : "Offline · reconnecting…";
  }

  /** The server said that it will stop. */
  closing() {
    this.#say("closing");
  }

  #changed() {
    const { state, reason } = this.#socket;
    document.body.dataset.connection = state;
    clearTimeout(this.#timer);
    if (state === "live") this.#live();
    else if (state === "offline") this.#down(reason);
    // A line that is there within a second needs no announcement.
    else this.#timer = setTimeout(() => this.#down("connecting"), PATIENCE);
  }

  #live() {
    this.#say(this.#wasDown ? "back" : null);
    this.#wasDown = false;
    this.#timer = setTimeout(() => this.#say(null), BACK_FOR);
  }

  #down(reason) {
    this.#wasDown = true;
    this.#say(reason === "lost" && !navigator.onLine ? "no_network" : (BANNERS[reason] && reason) || "lost");
  }

  #say(name) {
    this.#banner.hidden = !name;
    if (!name) return;
    this.#banner.classList.toggle("is-good", name === "back");
    const [title, rest] = BANNERS[name];
    this.#banner.querySelector("b").textContent = title;
    this.#banner.querySelector("span").textContent = [name === "full" && this.#socket.detail, rest].filter(Boolean).join(" ");
  }
}
