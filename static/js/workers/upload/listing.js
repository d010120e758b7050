// What there is to send: folders and archives as one list of items, without leftovers, each name once.

import { listed } from "../../lib/archive.js";
import { isArchive, isImage, isLeftover, isTable } from "../../lib/image-names.js";

const HANDLES_AT_ONCE = 32;

export class Listing {
  constructor(tell) {
    this.tell = tell;
    this.items = new Map();
    this.bytes = 0;
    this.skipped = 0; // leftovers of operating systems
    this.others = 0; // neither images nor tables of labels
    this.rejected = [];
  }

  get all() {
    return [...this.items.values()];
  }

  addFiles(files) {
    for (const { path, file } of files) this.add({ path, size: file.size, seconds: seconds(file), open: () => file });
    this.tell();
  }

  async addFolder(folder, before = "") {
    const path = `${before}${folder.name}`;
    if (isLeftover(folder.name)) {
      this.skipped += 1;
      return;
    }
    let waiting = [];
    const taken = async () => {
      const files = await Promise.all(waiting.map((handle) => handle.getFile()));
      this.addFiles(files.map((file) => ({ path: `${path}/${file.name}`, file })));
      waiting = [];
    };
    const folders = [];
    for await (const entry of folder.values()) {
      if (entry.kind === "directory") folders.push(entry);
      else if (waiting.push(entry) === HANDLES_AT_ONCE) await taken();
    }
    await taken();
    for (const inner of folders) await this.addFolder(inner, `${path}/`);
  }

  // Several archives must not mix: each keeps its name as a folder, unless it has that folder already.
  async addArchive(file, { isAlone }) {
    if (!isArchive(file.name)) {
      this.addFiles([{ path: file.name, file }]);
      return;
    }
    const found = await listed(file, () => this.tell());
    const stem = file.name.replace(/(\.tar)?\.[^.]+$/, "");
    const hasFolder = found.items.every(({ path }) => path.replace(/^\.\//, "").startsWith(`${stem}/`));
    const before = isAlone || hasFolder ? "" : `${stem}/`;
    for (const item of found.items) this.add({ ...item, path: before + item.path });
    this.skipped += found.skipped;
    this.rejected.push(...found.rejected);
    this.tell();
  }

  add(item) {
    // Folders made on a Mac write letters and their accents apart: the server knows names in one form only.
    const path = item.path.normalize("NFC").replace(/^(\.\/)+/, "");
    if (isLeftover(path)) this.skipped += 1;
    else if (!isImage(path) && !isTable(path)) this.others += 1;
    else if (this.items.has(path)) this.reject(path, "Two files have this name once it is written in one form. Rename one.");
    else {
      this.items.set(path, { ...item, path });
      this.bytes += item.size;
    }
  }

  reject(path, reason) {
    this.rejected.push({ path, reason });
  }

  leaveOut(rejected) {
    for (const { path, reason } of rejected) {
      this.bytes -= this.items.get(path)?.size ?? 0;
      this.items.delete(path);
      this.reject(path, reason);
    }
  }

  async tables() {
    const found = this.all.filter(({ path, size }) => isTable(path) && size < 4 * 2 ** 20);
    return Object.fromEntries(await Promise.all(found.map(async (item) => [item.path, await (await item.open()).text()])));
  }
}

const seconds = (file) => Math.max(0, Math.floor(file.lastModified / 1000));
