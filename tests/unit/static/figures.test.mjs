// Columns as rectangles, and names of files. Run by test_modules.py, which says where the modules lie.

import assert from "node:assert/strict";
import { test } from "node:test";

const { bands, runs } = await import(`${process.env.LIB}/columns.js`);
const { fileName } = await import(`${process.env.LIB}/file-name.js`);

test("neighbouring columns are one run, in any order and however often they are given", () => {
  assert.deepEqual(runs([]), []);
  assert.deepEqual(runs([7, 3, 1, 2, 2, 9, 8]), [[1, 3], [7, 9]]);
});

test("a run is a rectangle from edge to edge of its columns", () => {
  const [band] = bands([4, 5], "#ffeedd");
  assert.equal(band.x0, 3.5);
  assert.equal(band.x1, 5.5);
  assert.equal(band.fillcolor, "#ffeedd");
});

test("a file is named as the thing is, with nothing a file system refuses", () => {
  assert.equal(fileName("notebook-sequential and a/b: c?"), "notebook-sequential-and-a-b-c");
  assert.equal(fileName("Würfel 6"), "Würfel-6");
  assert.equal(fileName("../../etc"), "etc");
  assert.equal(fileName("***"), "figure");
  assert.equal(fileName("x".repeat(300)).length, 80);
});
