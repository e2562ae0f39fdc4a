/** Slash commands that were added to a room or to the site. The server runs them. */

import { roomCommandsPath } from "chatsite/format/paths.js";
import { uuid } from "chatsite/format/uuid.js";

const LIFETIME = 60_000; // of a list, in milliseconds
/** Errors after which the command may have been run. */
const UNCERTAIN = new Set(["offline", "timeout", "unavailable", "closing"]);

export class RoomCommands {
  #fetch;
  #send;
  #now;
  #lists = new Map(); // {commands, until} by room
  #attempts = new Map(); // the `client_id` by what is being run, or may have been
  #running = new Set();

  /** `fetch(url)` resolves with JSON. `send(type, fields)` sends a command of the live protocol. */
  constructor({ fetch, send, now = Date.now }) {
    this.#fetch = fetch;
    this.#send = send;
    this.#now = now;
  }

  /** Returns a room's commands ({name, description, argument_hint}), or null if they have to be loaded. */
  known(room) {
    const list = this.#lists.get(room);
    return list && this.#now() < list.until ? list.commands : null;
  }

  async load(room) {
    const { commands } = await this.#fetch(roomCommandsPath(room));
    this.#lists.set(room, { commands, until: this.#now() + LIFETIME });
    return commands;
  }

  /** Resolves with whether the room has this command, which may be new. */
  async has(room, name) {
    const isIn = (commands) => Boolean(commands?.some((command) => command.name === name.toLowerCase()));
    return isIn(this.known(room)) || isIn(await this.load(room));
  }

  /**
   * Runs a command, and resolves once it has been answered. If it isn't known whether it was run, running the same again doesn't run
   * it twice. Resolves with false if it is running already.
   */
  async run({ room, thread = null, command, text }) {
    const key = JSON.stringify([room, thread, command, text]);
    if (this.#running.has(key)) return false;
    const clientId = this.#attempts.get(key) ?? uuid();
    this.#attempts.set(key, clientId);
    this.#running.add(key);
    try {
      await this.#send("command.run", { room, thread, command, text, client_id: clientId });
      this.#attempts.delete(key);
      return true;
    } catch (error) {
      if (!UNCERTAIN.has(error.code)) this.#attempts.delete(key);
      throw error;
    } finally {
      this.#running.delete(key);
    }
  }
}
