// Files out of a zip, each without reading the rest. Layouts: PKWARE's APPNOTE 6.3.10, sections 4.3.7 to 4.3.16.

const [END, END_64, LOCATOR_64, ENTRY] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50];
const LARGEST_DIRECTORY = 256 * 2 ** 20;
const ENCRYPTED = 1;
const UTF8 = 1 << 11;
const NOT_READ = "This is not a zip file that can be read here.";
const CP437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

// Each entry has its `path`, `size`, `seconds` (a zip tells no zone: taken for UTC), `isFile`, `isEncrypted`.
export async function zipEntries(blob) {
  const { offset, size } = await directory(blob);
  const view = new DataView(await blob.slice(offset, offset + size).arrayBuffer());
  const found = [];
  for (let at = 0; at + 46 <= size && view.getUint32(at, true) === ENTRY; ) {
    const [nameLength, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    if (at + 46 + nameLength + extra > size) throw new Error(NOT_READ);
    found.push(entryAt(view, at, nameLength, extra));
    at += 46 + nameLength + extra + comment;
  }
  return found;
}

export async function zipContent(blob, { path, offset, packed, size, method }) {
  const head = new DataView(await blob.slice(offset, offset + 30).arrayBuffer());
  const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const part = blob.slice(start, start + packed);
  if (method === 0) return part;
  if (method !== 8) throw new Error("It is compressed in a way that browsers do not read.");
  const content = await new Response(part.stream().pipeThrough(new DecompressionStream("deflate-raw"))).blob();
  if (content.size !== size) throw new Error(`${path} is damaged inside the zip.`);
  return content;
}

export async function fileInZip(blob, wanted) {
  const entry = (await zipEntries(blob)).find(({ path }) => path === wanted);
  if (!entry) throw new Error(`There is no ${wanted} in this file.`);
  return (await zipContent(blob, entry)).text();
}

// The directory stands at the end of the file, before a comment of at most 64 KiB.
async function directory(blob) {
  const tail = new DataView(await blob.slice(-65_577).arrayBuffer());
  for (let at = tail.byteLength - 22; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== END) continue;
    let [size, offset] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
    const is64 = at >= 20 && tail.getUint32(at - 20, true) === LOCATOR_64;
    if (is64) [size, offset] = await directory64(blob, Number(tail.getBigUint64(at - 12, true)));
    if (size > LARGEST_DIRECTORY || offset + size > blob.size) break;
    return { offset, size };
  }
  throw new Error(NOT_READ);
}

async function directory64(blob, at) {
  const end = new DataView(await blob.slice(at, at + 56).arrayBuffer());
  if (end.byteLength < 56 || end.getUint32(0, true) !== END_64) throw new Error(NOT_READ);
  return [Number(end.getBigUint64(40, true)), Number(end.getBigUint64(48, true))];
}

function entryAt(view, at, nameLength, extraLength) {
  const flags = view.getUint16(at + 8, true);
  const kind = (view.getUint32(at + 38, true) >>> 28) & 0xf;
  const [packed, size, offset] = sizes(view, at, at + 46 + nameLength, extraLength);
  const path = nameOf(new Uint8Array(view.buffer, at + 46, nameLength), flags);
  return {
    path, packed, size, offset,
    method: view.getUint16(at + 10, true),
    seconds: moment(view.getUint16(at + 14, true), view.getUint16(at + 12, true)),
    isFolder: path.endsWith("/"),
    isFile: kind === 0 || kind === 8,
    isEncrypted: (flags & ENCRYPTED) !== 0,
  };
}

// A field that is full of ones is told, in this order, by the record 1 of the extra field (zip64).
function sizes(view, at, extraAt, extraLength) {
  const found = [view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint32(at + 42, true)];
  for (let place = extraAt; place + 4 <= extraAt + extraLength; place += 4 + view.getUint16(place + 2, true)) {
    if (view.getUint16(place, true) !== 1) continue;
    let from = place + 4;
    for (const index of [1, 0, 2]) {
      if (found[index] !== 0xffffffff) continue;
      found[index] = Number(view.getBigUint64(from, true));
      from += 8;
    }
  }
  return found;
}

// Older programs write names in the code page of the first PCs, some in UTF-8 without saying so.
function nameOf(bytes, flags) {
  try {
    return new TextDecoder("utf-8", { fatal: !(flags & UTF8) }).decode(bytes);
  } catch {
    return [...bytes].map((byte) => (byte < 128 ? String.fromCharCode(byte) : CP437[byte - 128])).join("");
  }
}

function moment(date, time) {
  const [year, month, day] = [(date >> 9) + 1980, ((date >> 5) & 15) - 1, date & 31];
  return Date.UTC(year, month, day, time >> 11, (time >> 5) & 63, (time & 31) * 2) / 1000;
}
