// Items in packs: tars of at most 16 MiB, or of one larger file.

import { entry, entrySize, finished } from "../../lib/tar.js";

const PACK_BYTES = 16 * 2 ** 20 - 1024;
const PACK_FILES = 2000;

export class Pack {
  constructor(items) {
    this.items = items; // each with its `content`
  }

  get bytes() {
    return this.items.reduce((total, { size }) => total + size, 0);
  }

  without(paths) {
    return new Pack(this.items.filter(({ path }) => !paths.has(path)));
  }

  body() {
    const parts = [];
    // One by one: a spread of thousands of arguments overflows the stack.
    for (const { path, content, seconds } of this.items) for (const part of entry(path, content, seconds)) parts.push(part);
    return finished(parts);
  }
}

// Opens items one after another, as archives want it. `reject` is told which cannot be opened.
export async function* packs(items, reject) {
  let some = [];
  let size = 0;
  for (const item of items) {
    const more = entrySize(item.path, item.size);
    if (some.length && (size + more > PACK_BYTES || some.length === PACK_FILES)) {
      yield new Pack(some);
      [some, size] = [[], 0];
    }
    try {
      some.push({ ...item, content: await item.open() });
      size += more;
    } catch (error) {
      reject(item, error.message);
    }
  }
  if (some.length) yield new Pack(some);
}
