/** Where files on their way outlive the page: a row for each, and the file itself apart, since rows change often. */

// What is larger is not copied: the person is asked to choose it again.
const LARGEST = 500_000_000;

export class UploadStore {
  #rows;
  #files;

  constructor(rows, files) {
    this.#rows = rows;
    this.#files = files;
  }

  async put(row) {
    await this.#rows.put(row);
  }

  async isEmpty() {
    return !(await this.#rows.count().catch(() => 0));
  }

  async putFile(id, file) {
    if (file.size <= LARGEST) await this.#files.put(id, file);
  }

  /** The file has arrived: only its row is still wanted. */
  async removeFile(id) {
    await this.#files.remove(id);
  }

  async remove(id) {
    await this.#rows.remove(id);
    await this.#files.remove(id);
  }

  /** The rows that the tab may take, each with its `file`, or null where that was not kept. */
  async takeOver(claim) {
    const rows = await this.#rows.takeOver(claim);
    return Promise.all(rows.map(async (row) => ({ ...row, file: (await this.#files.get(row.id)) ?? null })));
  }
}

export class MemoryFiles {
  #files = new Map();

  async put(id, file) {
    this.#files.set(id, file);
  }

  async get(id) {
    return this.#files.get(id);
  }

  async remove(id) {
    this.#files.delete(id);
  }
}

export class IndexedFiles {
  #run;

  /** `run(work)` does the work on the object store, in a transaction. */
  constructor(run) {
    this.#run = run;
  }

  async put(id, file) {
    await this.#run((files) => files.put(file, id));
  }

  get(id) {
    return this.#run((files) => files.get(id));
  }

  async remove(id) {
    await this.#run((files) => files.delete(id));
  }
}
