// Archives that Python wrote are listed and opened as Python reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openAsBlob } from "node:fs";
import { test } from "node:test";

const { listed } = await import(`${process.env.LIB}/archive.js`);
const names = await import(`${process.env.LIB}/image-names.js`);
const { Rate, leftText } = await import(`${process.env.LIB}/rate.js`);
const { entry, entrySize, finished } = await import(`${process.env.LIB}/tar.js`);

async function opened(blob, name) {
  const { items } = await listed(Object.assign(blob, { name }), () => {});
  const found = {};
  for (const item of items) found[item.path] = [item.seconds, await (await item.open()).text()];
  return found;
}

test("a tar that was written here is read here", async () => {
  const files = { "a/1.png": "one", [`${"folder/".repeat(40)}é.png`]: "x".repeat(1000), "a/empty.png": "" };
  const parts = Object.entries(files).flatMap(([path, text]) => entry(path, new Blob([text]), 1_700_000_000));
  const expected = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, [1_700_000_000, text]]));
  assert.deepEqual(await opened(finished(parts), "made.tar"), expected);
  const zipped = await new Response(finished(parts).stream().pipeThrough(new CompressionStream("gzip"))).blob();
  assert.deepEqual(await opened(zipped, "made.tar.gz"), expected);
});

test("the size of an entry is never told too small", () => {
  for (const [path, size] of [["a.png", 0], ["a.png", 513], ["é".repeat(90), 1], ["x".repeat(1500), 100_000]]) {
    const real = entry(path, new Blob([new Uint8Array(size)])).reduce((sum, part) => sum + (part.size ?? part.length), 0);
    assert.ok(entrySize(path, size) + 512 >= real, path);
  }
});

for (const name of ["cut.tar", "cut.tar.gz", "cut.zip"]) {
  test(`${name} is told to be broken`, async () => {
    const start = { "cut.tar": [1, 2], "cut.tar.gz": [0x1f, 0x8b], "cut.zip": [0x50, 0x4b] }[name];
    const blob = Object.assign(new Blob([new Uint8Array([...start, ...Array(600).fill(7)])]), { name });
    await assert.rejects(listed(blob, () => {}), /cannot be read to its end/);
  });
}

test("archives from Python", { skip: !process.env.ARCHIVES }, async () => {
  const { expected, files } = JSON.parse(readFileSync(process.env.ARCHIVES));
  for (const path of files) assert.deepEqual(await opened(await openAsBlob(path), path), expected, path);
});

test("the same names are leftovers and images as on the server", { skip: !process.env.NAMES }, () => {
  for (const [path, isLeftover, isImage, isTable] of JSON.parse(readFileSync(process.env.NAMES))) {
    assert.deepEqual([names.isLeftover(path), names.isImage(path), names.isTable(path)], [isLeftover, isImage, isTable], path);
  }
});

test("the rate is of the last seconds", () => {
  const rate = new Rate();
  assert.equal(rate.at(0, 0, 1000), null);
  for (let second = 1; second <= 20; second += 1) rate.at(second, second * 10, 1000);
  for (let second = 21; second <= 40; second += 1) rate.at(second, 200 + (second - 20) * 20, 1000);
  assert.deepEqual(rate.at(41, 620, 1000), { perSecond: 20, left: "19 s left" });
  assert.equal(rate.stop(), null);
  assert.deepEqual([0.2, 59, 61, 5399, 7200].map(leftText), ["1 s left", "59 s left", "1 min left", "90 min left", "2.0 h left"]);
});
