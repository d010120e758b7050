// The arithmetic of the wall: every image has one place, what is seen is all there, and keys stay on the wall.
// Run by test_modules.py, which says where the modules lie.

import assert from "node:assert/strict";
import { test } from "node:test";

const { gridOf, LEAST_WIDTH, moved, placeOf, ROW_HEIGHT, topmost, visible } = await import(`${process.env.LIB}/wall-grid.js`);

const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];

function* walls() {
  for (const width of [50, 95, 96, 308, 1000, 1913.5]) for (const total of [1, 2, 9, 100, 100_000]) yield gridOf(width, total);
}

test("images lie side by side within the width, each in a cell that holds a thumbnail", () => {
  for (const grid of walls()) {
    assert.ok(grid.cell >= LEAST_WIDTH || grid.columns === 1);
    const last = placeOf(grid, grid.total - 1);
    assert.ok(last.left + grid.cell <= grid.cell * grid.columns + 1e-9);
    assert.equal(last.top + ROW_HEIGHT, grid.height);
    const places = new Set(Array.from({ length: Math.min(grid.total, 500) }, (_, place) => JSON.stringify(placeOf(grid, place))));
    assert.equal(places.size, Math.min(grid.total, 500));
  }
});

test("wherever one scrolls, all that is seen is there and little else", () => {
  for (const grid of walls()) {
    for (const share of [0, 0.001, 0.37, 0.5, 1]) {
      const top = Math.max(0, grid.height - 700) * share;
      const { first, last } = visible(grid, top, 700);
      for (let position = 0; position < Math.min(grid.total, 3000); position += 1) {
        const place = placeOf(grid, position).top;
        if (place + ROW_HEIGHT > top && place < top + 700) assert.ok(position >= first && position < last);
      }
      assert.ok(last - first <= grid.columns * (Math.ceil(700 / ROW_HEIGHT) + 6));
    }
  }
});

test("the address of a place leads back to it", () => {
  for (const grid of walls()) {
    const position = topmost(grid, grid.height / 2);
    assert.equal(topmost(grid, placeOf(grid, position).top), position);
  }
});

test("keys never leave the wall, and others are not taken", () => {
  for (const grid of walls()) {
    for (const key of KEYS) {
      for (const from of [0, Math.floor(grid.total / 2), grid.total - 1]) {
        const to = moved(grid, from, key, 4);
        assert.ok(to >= 0 && to < grid.total);
      }
    }
    assert.equal(moved(grid, 0, "End", 4), grid.total - 1);
    assert.equal(moved(grid, grid.total - 1, "Home", 4), 0);
    assert.equal(moved(grid, 0, "Tab", 4), null);
  }
});
