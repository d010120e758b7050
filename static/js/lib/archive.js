// Archives listed and opened in the browser, so that they are sent in packs like folders and can be gone on with.
// An item is {path, size, seconds, open}; `open()` gives its content as a Blob. Items are opened in the order of the list.

import { isLeftover } from "./image-names.js";
import { tarEntries } from "./tar-reader.js";
import { zipContent, zipEntries } from "./zip.js";

const LINK = "It is a link or a device, not a file; pack the files themselves.";
const ENCRYPTED = "It is encrypted; pack without a password.";

// {items, skipped, rejected: [{path, reason}]}; `hear` is called now and then.
export async function listed(file, hear) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const [first, second] = start;
  try {
    if (first === 0x50 && second === 0x4b) return sorted(await zipItems(file));
    return sorted(await tarItems(file, first === 0x1f && second === 0x8b, hear));
  } catch (error) {
    throw new Error(`${file.name} cannot be read to its end: ${error.message}. Pack it again, or drop the folder itself.`);
  }
}

async function zipItems(file) {
  const entries = (await zipEntries(file)).filter(({ isFolder }) => !isFolder);
  return entries.map((entry) => ({
    ...pick(entry),
    reason: entry.isEncrypted ? ENCRYPTED : entry.isFile ? null : LINK,
    open: () => zipContent(file, entry),
  }));
}

async function tarItems(file, isZipped, hear) {
  const unpacked = () => (isZipped ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream());
  const found = [];
  const later = isZipped ? new Sequence(unpacked) : null;
  for await (const { path, size, seconds, isFile, offset } of tarEntries(unpacked())) {
    const open = later ? () => later.content(offset) : async () => file.slice(offset, offset + size);
    found.push({ path, size, seconds, reason: isFile ? null : LINK, open });
    if (found.length % 500 === 0) hear();
  }
  return found;
}

// A compressed tar can only be read from its beginning: a second reading goes along with the sending.
class Sequence {
  constructor(unpacked) {
    this.unpacked = unpacked;
  }

  async content(offset) {
    if (!this.entries || this.at >= offset) {
      this.entries = tarEntries(this.unpacked());
      this.at = -1;
    }
    for (;;) {
      const { value, done } = await this.entries.next();
      if (done) throw new Error("The archive has changed since it was listed.");
      this.at = value.offset;
      if (value.offset === offset) return value.content();
    }
  }
}

const pick = ({ path, size, seconds }) => ({ path, size, seconds });

function sorted(entries) {
  const found = { items: [], skipped: 0, rejected: [] };
  for (const { reason, ...item } of entries) {
    if (isLeftover(item.path)) found.skipped += 1;
    else if (reason) found.rejected.push({ path: item.path, reason });
    else found.items.push(item);
  }
  return found;
}
