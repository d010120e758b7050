// Where the cells of a confusion matrix lead. Run by test_modules.py, which says where the modules lie.

import assert from "node:assert/strict";
import { test } from "node:test";

const { cellAddress } = await import(`${process.env.LIB}/cells.js`);

test("a cell leads to the true class of its row and the answer of its column, whatever they are called", () => {
  const cells = { address: "/runs/r/predicted?split=test", classes: ["a", "b & c", "ü/=?#"] };
  const address = cellAddress(cells, { x: 1, y: 2 });
  const query = new URL(address, "http://here").searchParams;
  assert.equal(query.get("split"), "test");
  assert.equal(query.get("class"), "ü/=?#");
  assert.equal(query.get("predicted"), "b & c");
});
