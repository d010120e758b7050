// What each edit does to the flow. Run by test_modules.py, which says where the modules lie.

import assert from "node:assert/strict";
import { test } from "node:test";

const { addInput, duplicateCalls, insertLayer, removeCalls, removeInput, renameLayer, resetArgument, setArgument,
  setCallInputs, setInput, setOutputs, setStyle, shareLayer } = await import(`${process.env.LIB}/edits.js`);
const { moveBehind, moveCalls } = await import(`${process.env.LIB}/moves.js`);
const { deadEnds, freeName, isChain, snakeCase } = await import(`${process.env.LIB}/graph.js`);

const input = { name: "image", shape: [null, 8, 8, 3], dtype: "float32" };
const call = (id, inputs, layer = id) => ({ id, layer, inputs, arguments: {} });
const layer = (name, kind = "ReLU", config = {}) => ({ name, kind, config });

function chain(...names) {
  const before = ["image", ...names];
  return {
    name: "chain", style: "sequential", inputs: [input], layers: names.map((name) => layer(name)),
    calls: names.map((name, place) => call(name, [before[place]])), outputs: [names.at(-1)],
  };
}

// image → a → b ↘
//          ↘──── add → c
function branched() {
  return {
    name: "branched", style: "functional", inputs: [input],
    layers: [layer("a"), layer("b"), layer("add", "Add"), layer("c")],
    calls: [call("a", ["image"]), call("b", ["a"]), call("add", ["b", "a"]), call("c", ["add"])], outputs: ["c"],
  };
}

const flow = ({ calls, outputs }) => [...calls.map(({ id, inputs }) => `${inputs.join("+")}>${id}`), `=${outputs.join("+")}`].join(" ");
const set = (...ids) => new Set(ids);

test("a layer is put between a layer and who takes it", () => {
  const { architecture, id } = insertLayer(chain("a", "b"), { kind: "MaxPooling2D", after: ["a"] });
  assert.equal(id, "max_pooling2d");
  assert.equal(flow(architecture), "image>a a>max_pooling2d max_pooling2d>b =b");
  assert.ok(isChain(architecture));
  assert.deepEqual(architecture.layers.map(({ name }) => name), ["a", "max_pooling2d", "b"]);
});

test("behind the last layer it becomes the output, behind the input the first layer", () => {
  assert.equal(flow(insertLayer(chain("a"), { kind: "Dense", after: ["a"] }).architecture), "image>a a>dense =dense");
  assert.equal(flow(insertLayer(chain("a"), { kind: "Dense", after: ["image"] }).architecture), "image>dense dense>a =a");
});

test("a branch leaves the others as they are, and a Sequential becomes functional", () => {
  const { architecture } = insertLayer(chain("a", "b"), { kind: "Dense", after: ["a"], asBranch: true });
  assert.equal(flow(architecture), "image>a a>dense a>b =b");
  assert.equal(architecture.style, "functional");
  assert.deepEqual(deadEnds(architecture), ["dense"]);
});

test("a merge joins all that is chosen", () => {
  const { architecture } = insertLayer(branched(), { kind: "Concatenate", after: ["a", "b"] });
  assert.equal(flow(architecture), "image>a a>b a+b>concatenate concatenate+a>add add>c =c");
});

test("who took a removed layer takes what it took, also through several", () => {
  assert.equal(flow(removeCalls(chain("a", "b", "c"), set("a", "b"))), "image>c =c");
  assert.equal(flow(removeCalls(chain("a", "b", "c"), set("c"))), "image>a a>b =b");
  assert.equal(flow(removeCalls(branched(), set("add"))), "image>a a>b b>c =c");
  assert.throws(() => removeCalls(chain("a"), set("a")), /at least one layer/);
});

test("the second result of a removed layer is not asked of its replacement", () => {
  const lstm = { ...chain("a", "lstm", "b"), style: "functional" };
  lstm.calls[2].inputs = ["lstm:1"];
  assert.equal(flow(removeCalls(lstm, set("lstm"))), "image>a a>b =b");
});

test("a layer and a block change places with their neighbours, there and back", () => {
  const start = chain("a", "b", "c", "d");
  const moved = moveCalls(start, set("b", "c"), -1);
  assert.equal(flow(moved), "image>b b>c c>a a>d =d");
  assert.ok(isChain(moved));
  assert.deepEqual(moveCalls(moved, set("b", "c"), 1), start);
  assert.equal(flow(moveCalls(start, set("c"), 1)), "image>a a>b b>d d>c =c");
  assert.equal(moveCalls(start, set("a"), -1), start);
  assert.throws(() => moveCalls(start, set("a", "c"), 1), /next to each other/);
});

test("moving across a branch changes the order only", () => {
  const two = insertLayer(chain("a", "b"), { kind: "Dense", after: ["a"], asBranch: true }).architecture;
  assert.equal(flow(moveCalls(two, set("dense"), 1)), "image>a a>b a>dense =b");
});

test("a layer or a block is put behind any other, as so many steps would do", () => {
  const start = chain("a", "b", "c", "d", "e");
  assert.equal(flow(moveBehind(start, set("b", "c"), "image")), "image>b b>c c>a a>d d>e =e");
  assert.deepEqual(moveBehind(start, set("b", "c"), "image"), moveCalls(start, set("b", "c"), -1));
  assert.deepEqual(moveBehind(start, set("a"), "c"), moveCalls(moveCalls(start, set("a"), 1), set("a"), 1));
  assert.equal(flow(moveBehind(start, set("a", "b"), "e")), "image>c c>d d>e e>a a>b =b");
  assert.ok(isChain(moveBehind(start, set("d", "e"), "a")));
});

test("put behind the layer where it stands already, or behind itself, nothing changes", () => {
  const start = chain("a", "b", "c");
  assert.equal(moveBehind(start, set("b", "c"), "a"), start);
  assert.equal(moveBehind(start, set("b", "c"), "b"), start);
  assert.throws(() => moveBehind(start, set("a", "c"), "b"), /next to each other/);
});

test("put into a branch, a layer leaves its own and the merge takes what it took", () => {
  const two = insertLayer(branched(), { kind: "Dense", after: ["a"], asBranch: true }).architecture;
  assert.equal(flow(moveBehind(branched(), set("b"), "add")), "image>a a+a>add add>b b>c =c");
  assert.equal(flow(moveBehind(branched(), set("c"), "a")), "image>a a>c c>b b+c>add =add");
  assert.equal(flow(moveBehind(two, set("dense"), "add")), "image>a a>b b+a>add add>dense add>c =c");
  assert.equal(flow(moveBehind(two, set("b"), "a")), "image>a a>b a>dense b+a>add add>c =c");
  assert.throws(() => moveBehind(branched(), set("add"), "image"), /add takes a, which would come behind it/);
  assert.throws(() => moveBehind(branched(), set("a", "b"), "c"), /used in several places/);
});

test("a block is copied behind itself, with its inner connections", () => {
  const { architecture, ids } = duplicateCalls(branched(), set("b", "add"));
  assert.deepEqual(ids, ["b_1", "add_1"]);
  assert.equal(flow(architecture), "image>a a>b b+a>add add>b_1 b_1+add>add_1 add_1>c =c");
});

test("a copied output is the new output", () => {
  assert.equal(flow(duplicateCalls(chain("a", "b"), set("b")).architecture), "image>a a>b b>b_1 =b_1");
});

test("arguments are set and reset", () => {
  const wide = setArgument(chain("a"), "a", "max_value", 6);
  assert.deepEqual(wide.layers[0].config, { max_value: 6 });
  assert.deepEqual(resetArgument(wide, "a", "max_value").layers[0].config, {});
});

test("a new name reaches all who take the layer, further results included", () => {
  const start = { ...chain("a", "b"), style: "functional" };
  start.calls[1].inputs = ["a:1"];
  assert.equal(flow(renameLayer(start, "a", "first")), "image>first first:1>b =b");
  assert.throws(() => renameLayer(start, "a", "b"), /already/);
  assert.throws(() => renameLayer(start, "a", "no spaces"), /letters, digits/);
});

test("a shared layer is one layer with two calls, and gets its own copy again", () => {
  const shared = shareLayer(chain("a", "b"), "b", "a");
  assert.deepEqual(shared.layers.map(({ name }) => name), ["a"]);
  assert.equal(shared.style, "functional");
  const apart = shareLayer(shared, "b", null);
  assert.deepEqual(apart.layers.map(({ name }) => name), ["a", "a_1"]);
});

test("inputs and outputs are added, renamed and removed", () => {
  const { architecture, id } = addInput(chain("a"));
  assert.equal(id, "input_layer");
  assert.equal(architecture.style, "functional");
  assert.equal(flow(setInput(chain("a"), "image", { name: "photo" })), "photo>a =a");
  const joined = setCallInputs(architecture, "a", ["image", id]);
  assert.equal(flow(removeInput(joined, "image")), "input_layer+input_layer>a =a");
  assert.throws(() => removeInput(chain("a"), "image"), /at least one input/);
  assert.equal(setOutputs(chain("a", "b"), ["b", "a"]).style, "functional");
  assert.throws(() => setStyle(branched(), "sequential"), /one layer after another/);
});

test("names are Keras’s", () => {
  assert.deepEqual(["MaxPooling2D", "Conv2D", "LSTM", "ReLU", "BatchNormalization"].map(snakeCase),
    ["max_pooling2d", "conv2d", "lstm", "re_lu", "batch_normalization"]);
  assert.equal(freeName("conv2d_1", set("conv2d", "conv2d_1", "conv2d_2")), "conv2d_3");
});
