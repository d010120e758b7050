// The files of a tar as it streams by: POSIX (ustar, pax) and GNU headers. Contents are read or passed over, in order.

import { BLOCK, joined } from "./tar.js";

const LARGEST_HEADER = 1024 * 1024;
const decoder = new TextDecoder();

// A stream read in the sizes that one asks for.
class Bytes {
  constructor(stream) {
    this.reader = stream.getReader();
    this.waiting = new Uint8Array(0);
  }

  async take(size) {
    const parts = [];
    for (let missing = size; missing > 0; ) {
      if (!this.waiting.length) await this.more();
      if (!this.waiting.length) throw new Error("it is cut off");
      const part = this.waiting.subarray(0, missing);
      this.waiting = this.waiting.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return parts;
  }

  async pass(size) {
    for (let missing = size; missing > 0; ) {
      if (!this.waiting.length) await this.more();
      if (!this.waiting.length) throw new Error("it is cut off");
      const part = Math.min(missing, this.waiting.length);
      this.waiting = this.waiting.subarray(part);
      missing -= part;
    }
  }

  async more() {
    const { value, done } = await this.reader.read();
    this.waiting = done ? new Uint8Array(0) : value;
  }
}

// Each entry has its `path`, `size`, `seconds`, `isFile`, the `offset` of its content, and `content()`, which may be
// called before the next entry is asked for.
export async function* tarEntries(stream) {
  const bytes = new Bytes(stream);
  let at = 0;
  let named = {};
  for (;;) {
    const block = joined(...(await bytes.take(BLOCK)));
    at += BLOCK;
    if (block.every((byte) => byte === 0)) return;
    checkSum(block);
    const kind = String.fromCharCode(block[156]);
    const size = named.size ?? number(block, 124, 12);
    const padded = Math.ceil(size / BLOCK) * BLOCK;
    if ("xgLK".includes(kind)) {
      if (size > LARGEST_HEADER) throw new Error("a header in it is too large");
      const body = joined(...(await bytes.take(padded))).subarray(0, size);
      if (kind === "x") named = { ...named, ...records(body) };
      if (kind === "L") named = { ...named, path: text(body) };
    } else {
      let isRead = false;
      const content = async () => {
        isRead = true;
        const parts = await bytes.take(size);
        await bytes.pass(padded - size);
        return new Blob(parts);
      };
      const path = named.path ?? plainPath(block);
      const seconds = named.seconds ?? number(block, 136, 12);
      if (kind !== "5") yield { path, size, seconds, isFile: "0\0".includes(kind), offset: at, content };
      if (!isRead) await bytes.pass(padded);
      named = {};
    }
    at += padded;
  }
}

function plainPath(block) {
  const name = text(block.subarray(0, 100));
  const prefix = text(block.subarray(257, 262)) === "ustar" ? text(block.subarray(345, 500)) : "";
  return prefix ? `${prefix}/${name}` : name;
}

function text(bytes) {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

// Octal digits, or, with the highest bit set, a binary number (GNU).
function number(block, at, length) {
  if (block[at] & 0x80) return block.subarray(at + 1, at + length).reduce((total, byte) => total * 256 + byte, 0);
  return parseInt(text(block.subarray(at, at + length)).trim() || "0", 8) || 0;
}

function records(body) {
  const found = {};
  for (let at = 0; at < body.length; ) {
    const length = parseInt(decoder.decode(body.subarray(at, at + 20)), 10);
    if (!(length > 0)) break;
    const [key, ...rest] = decoder.decode(body.subarray(at, at + length - 1)).replace(/^\d+ /, "").split("=");
    const value = rest.join("=");
    if (key === "path") found.path = value;
    if (key === "size") found.size = Number(value);
    if (key === "mtime") found.seconds = Math.floor(Number(value));
    at += length;
  }
  return found;
}

function checkSum(block) {
  const sum = block.reduce((total, byte, place) => total + (place >= 148 && place < 156 ? 32 : byte), 0);
  if (sum !== number(block, 148, 8)) throw new Error("a header in it is damaged");
}
