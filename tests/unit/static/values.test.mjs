// How arguments are written, and how steps are taken back.

import assert from "node:assert/strict";
import { test } from "node:test";

const { formatValue, parseValue } = await import(`${process.env.LIB}/value_text.js`);
const { History } = await import(`${process.env.LIB}/history.js`);

const VALUES = [
  ["3", 3], ["-1", -1], ["1e-3", 0.001], [".5", 0.5], ["1_000", 1000], ["None", null], ["True", true], ["false", false],
  ["same", "same"], ["'same'", "same"], ["(3, 3)", [3, 3]], ["3, 3", [3, 3]], ["[3]", [3]], ["(3,)", [3]], ["(3)", 3], ["3,", [3]],
  ["((1, 2), (0, 0))", [[1, 2], [0, 0]]], ["L2(l2=0.01)", { kind: "L2", config: { l2: 0.01 } }],
  ["keras.regularizers.L2()", { kind: "L2", config: {} }], ['{"a": [1, None]}', { a: [1, null] }], ["()", []],
];

for (const [text, value] of VALUES) {
  test(`${text} is read`, () => assert.deepEqual(parseValue(text), value));
}

test("what is shown is read as the same value", () => {
  const shown = [0, 1.5, "relu", null, true, [3, 3], [1], [], [[1, 2], null], ["a", 'b"c'], { kind: "L1", config: { l1: 0.1 } }, { axis: [0] }];
  for (const value of shown) assert.deepEqual(parseValue(formatValue(value)), value);
});

test("a bare word is an open value where only numbers can stand", () => {
  assert.deepEqual(parseValue("labels_values", { wordsAreSymbols: true }), { symbol: "labels_values" });
  assert.equal(formatValue([{ symbol: "size" }, 3]), "(size, 3)");
});

for (const text of ["", "(3", "3 4", "L2(0.01)", "*", "{3}", "a)", "(,)"]) {
  test(`“${text}” is refused`, () => assert.throws(() => parseValue(text)));
}

test("steps go back and forth; a new one ends the way forth", () => {
  const history = new History("a");
  history.push("b");
  history.push("c");
  assert.ok(history.undo() && history.undo());
  assert.equal(history.state, "a");
  assert.ok(!history.undo());
  assert.ok(history.redo());
  assert.equal(history.state, "b");
  history.push("d");
  assert.ok(!history.redo());
  assert.deepEqual(history.past, ["a", "b"]);
});

test("keystrokes in one field are one step, after a pause another", () => {
  let now = 0;
  const history = new History("", () => now);
  for (const text of ["1", "12", "128"]) history.push(text, "units");
  history.push("x", "rate");
  now += 5000;
  history.push("xy", "rate");
  assert.deepEqual(history.past, ["", "128", "x"]);
  history.undo();
  history.push("xz", "rate");
  assert.deepEqual(history.past, ["", "128", "x"]);
});
