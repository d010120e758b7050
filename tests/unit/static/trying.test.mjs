// Tables as CSV, answers line by line, and which files of a folder are pictures.

import assert from "node:assert/strict";
import { test } from "node:test";

const { csvText } = await import(`${process.env.LIB}/csv.js`);
const { predict, predictDataset } = await import(`${process.env.LIB}/predictions.js`);
const { imagesOf } = await import(`${process.env.LIB}/folder-files.js`);

test("cells with commas, quotes and line breaks are quoted, nothing is an empty cell", () => {
  assert.equal(csvText([["a,b", 'say "x"', "two\nlines"], [null, undefined, 0.5]]), '"a,b","say ""x""","two\nlines"\r\n,,0.5\r\n');
});

function answering(status, chunks, seen = []) {
  globalThis.fetch = async (address, options) => {
    seen.push([address, options]);
    const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
    const body = new ReadableStream({
      start(controller) {
        for (const chunk of bytes) controller.enqueue(chunk);
        controller.close();
      },
    });
    return new Response(body, { status, headers: { "Content-Type": "application/json" } });
  };
  return seen;
}

test("lines are told apart wherever the chunks were cut, within a letter too", async () => {
  const whole = new TextEncoder().encode('{"images": 2}\n{"path": "ä/1.png"}\n{"done": 2}\n');
  for (let cut = 1; cut < whole.length; cut += 1) {
    globalThis.fetch = async () =>
      new Response(new ReadableStream({
        start(controller) {
          controller.enqueue(whole.slice(0, cut));
          controller.enqueue(whole.slice(cut));
          controller.close();
        },
      }));
    const lines = [];
    for await (const line of predictDataset("/there", { dataset: "one" }, {})) lines.push(line);
    assert.deepEqual(lines, [{ images: 2 }, { path: "ä/1.png" }, { done: 2 }]);
  }
});

test("a picture is sent as its bytes and the server's words are told where it refuses", async () => {
  const seen = answering(200, ['{"predicted": "1"}']);
  assert.deepEqual(await predict("/there", "bytes", { top: 1 }), { predicted: "1" });
  assert.equal(seen[0][0], "/there?top=1");
  assert.equal(seen[0][1].body, "bytes");
  answering(422, ['{"detail": "The file is empty."}']);
  await assert.rejects(predict("/there", "", {}), (error) => error.status === 422 && error.message === "The file is empty.");
});

test("only pictures are taken out of a folder, from every depth, without leftovers", async () => {
  const file = (name) => ({ kind: "file", name, getFile: async () => name });
  const folder = (name, ...entries) => ({ kind: "directory", name, async *values() { yield* entries; } });
  const directory = folder("dice", file("1.png"), file("notes.txt"), file("Thumbs.db"), folder("six", file("2.JPG"), file("._2.jpg")));
  const found = [];
  for await (const { path } of imagesOf([{ name: "dice", directory }, { name: "alone.webp", file: "alone" }])) found.push(path);
  assert.deepEqual(found, ["dice/1.png", "dice/six/2.JPG", "alone.webp"]);
});
