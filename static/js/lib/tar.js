// A tar made of Blobs: files are never read here, the browser streams them while sending.

export const BLOCK = 512;
const encoder = new TextEncoder();

// `seconds` is when the file was changed last, in whole seconds since 1970.
export function entry(path, file, seconds = 0) {
  const name = encoder.encode(path);
  const parts = name.length > 100 ? extended(name) : [];
  parts.push(header(name.subarray(0, 100), file.size, "0", seconds), file, padding(file.size));
  return parts;
}

export function finished(parts) {
  return new Blob([...parts, new Uint8Array(2 * BLOCK)], { type: "application/x-tar" });
}

// An upper bound of what an entry takes.
export function entrySize(path, size) {
  const longName = path.length > 33 ? 3 * BLOCK + 3 * path.length : 0;
  return 2 * BLOCK + size + longName;
}

// POSIX.1-2001: a record of its own says a name that does not fit into a header.
function extended(name) {
  const body = record("path", name);
  return [header(encoder.encode("pax"), body.length, "x", 0), body, padding(body.length)];
}

function record(key, value) {
  const rest = encoder.encode(` ${key}=`).length + value.length + 1;
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return joined(encoder.encode(`${length} ${key}=`), value, encoder.encode("\n"));
}

function header(name, size, type, seconds) {
  const block = new Uint8Array(BLOCK);
  const write = (text, at) => block.set(encoder.encode(text), at);
  const number = (value) => `${Math.max(0, value).toString(8).padStart(11, "0")}\0`;
  block.set(name, 0);
  write("0000644\0" + "0000000\0" + "0000000\0", 100);
  write(number(size), 124);
  write(number(seconds), 136);
  write("        ", 148);
  write(type, 156);
  write("ustar\0" + "00", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padding(size) {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

export function joined(...arrays) {
  const whole = new Uint8Array(arrays.reduce((total, array) => total + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}
