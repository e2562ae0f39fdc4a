/** Stores uploads. Each upload has a row and a separate file, because rows change often. */

const MAX_FILE_SIZE = 500_000_000; // larger files are not copied and must be selected again after a reload

export class UploadStore {
  #rows;
  #files;

  constructor(rows, files) {
    this.#rows = rows;
    this.#files = files;
  }

  /** Stores the upload without its file. */
  async put({ file, ...row }) {
    await this.#rows.put(row);
  }

  async isEmpty() {
    return !(await this.#rows.count().catch(() => 0));
  }

  countOf(user) {
    return this.#rows.countOf(user);
  }

  async putFile(id, file) {
    if (file.size <= MAX_FILE_SIZE) await this.#files.put(file, id);
  }

  async removeFile(id) {
    await this.#files.remove(id);
  }

  async remove(id) {
    await this.#rows.remove(id);
    await this.#files.remove(id);
  }

  async removeUser(user) {
    for (const id of await this.#rows.removeUser(user)) await this.#files.remove(id);
  }

  /** Takes over the rows that the tab may own, each with its `file`, or null if that was not stored. */
  async takeOver(tab) {
    const rows = await this.#rows.takeOver(tab);
    return Promise.all(rows.map(async (row) => ({ ...row, file: (await this.#files.get(row.id)) ?? null })));
  }
}

export class MemoryFiles {
  #files = new Map();

  async put(file, id) {
    this.#files.set(id, file);
  }

  async get(id) {
    return this.#files.get(id);
  }

  async remove(id) {
    this.#files.delete(id);
  }
}
