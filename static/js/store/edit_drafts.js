/** Unsaved edits, in the browser's storage, so that they survive leaving the room and reloading the page. */

/** An edit is {id, room, body, editedAt}: the message's id, its new body, and the `edited_at` of the message that it replaces. */
export class EditDrafts {
  #storage;
  #prefix;
  #edits = new Map();

  constructor(storage, user) {
    this.#storage = storage;
    this.#prefix = editPrefix(user);
    for (const key of storage.keys) if (key.startsWith(this.#prefix)) this.#read(key, storage.getItem(key));
  }

  get(id) {
    return this.#edits.get(id);
  }

  inRoom(room) {
    return [...this.#edits.values()].filter((edit) => edit.room === room);
  }

  set(edit) {
    this.#edits.set(edit.id, edit);
    this.#storage.setItem(this.#prefix + edit.id, JSON.stringify(edit));
  }

  remove(id) {
    if (this.#edits.delete(id)) this.#storage.removeItem(this.#prefix + id);
  }

  /** Handles the browser's "storage" event, which reports another tab's change. */
  handleStorageEvent({ key, newValue }) {
    if (key?.startsWith(this.#prefix)) this.#read(key, newValue);
  }

  #read(key, text) {
    const id = Number(key.slice(this.#prefix.length));
    try {
      const { room, body, editedAt } = JSON.parse(text);
      this.#edits.set(id, { id, room, body, editedAt });
    } catch {
      this.#edits.delete(id);
    }
  }
}

/** Returns the beginning of the keys of a user's edits. */
export function editPrefix(user) {
  return `chatsite-edit-${user}-`;
}
