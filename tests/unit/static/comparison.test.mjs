// What a comparison shows and how its curves are drawn. Run by test_modules.py, which says where the modules lie.

import assert from "node:assert/strict";
import { test } from "node:test";

const { filterOf, readState, shownRuns, toggled, writeState } = await import(`${process.env.LIB}/comparison-state.js`);
const { asNumber, constantRange, deltaText, drawnTraces, nearestIndex, placeText, quantile, smoothed, usualRange, valuesAt, valueText } = await import(`${process.env.LIB}/curves.js`);

const RUNS = [
  { id: "a", name: "compact on dice", values: { style: "sequential", learning_rate: 0.001, seed: 1, early_stopping: null, deterministic: true, tag: ["good", "old"] } },
  { id: "b", name: "Compact wide", values: { style: "functional", learning_rate: 0.01, seed: 2, early_stopping: null, deterministic: false, tag: [] } },
  { id: "c", name: "notebook", values: { style: "functional", learning_rate: 0.1, seed: 10, "schedule.factor": 0.5, tag: [] } },
];
const found = (text) => RUNS.filter(filterOf(text)).map(({ id }) => id).join("");
const trace = (run, x, y, seams = []) => ({ name: run, x, y, line: { color: "#123456", width: 1.6 }, meta: { run, name: run, seams } });

test("a filter is text, a regular expression, or settings of which all must fit", () => {
  assert.equal(found(""), "abc");
  assert.equal(found("compact"), "ab");
  assert.equal(found("compact wide"), "b");
  assert.equal(found("/^(n|compact o)/"), "ac");
  assert.equal(found("style=functional"), "bc");
  assert.equal(found("style=Functional seed=10"), "c");
  assert.equal(found("style!=functional"), "a");
  assert.equal(found("learning_rate=1e-2"), "b");
  assert.equal(found("learning_rate<=0.01"), "ab");
  assert.equal(found("seed>2"), "c");
  assert.equal(found("schedule.factor=0.5"), "c");
  assert.equal(found("deterministic=yes"), "a");
  assert.equal(found("deterministic=true"), "a");
  assert.equal(found("early_stopping=none"), "ab");
  assert.equal(found("tag=good"), "a");
  assert.equal(found("unheard_of=1"), "");
});

test("an expression that cannot be read is told apart from one that nothing fits", () => {
  assert.equal(filterOf("/(/"), null);
  assert.equal(found("/nothing/"), "");
});

test("a state comes back from its address, and what is as usual is not in it", () => {
  const address = "http://127.0.0.1/comparison?runs=a%2Cb&baseline=b";
  const usual = readState(new URL(address).search);
  assert.equal(writeState(address, usual).href, address);
  const chosen = { ...usual, x: "wall", smooth: 0, outliers: true, q: "seed=3 /x", only: "a", settings: "all", from: 0, to: 12.5, log: ["val_loss"], pin: ["a", "b"], hide: ["b"] };
  const written = writeState(address, chosen);
  assert.deepEqual(readState(written.search), chosen);
  assert.equal(written.searchParams.get("runs"), "a,b");
  assert.equal(writeState(written.href, usual).href, address);
});

test("an address that makes no sense is a state as usual", () => {
  assert.deepEqual(readState("?smooth=much&from=x&to=&settings=3"), readState(""));
  assert.equal(readState("?smooth=7").smooth, 0.99);
  assert.equal(readState("?smooth=-1").smooth, 0);
});

test("pinned runs are listed whatever is filtered, and one alone is alone", () => {
  const state = readState("?q=notebook&pin=a&hide=c");
  assert.deepEqual([...shownRuns(state, RUNS).listed], ["a", "c"]);
  assert.deepEqual([...shownRuns(state, RUNS).drawn], ["a"]);
  assert.deepEqual([...shownRuns({ ...state, only: "b" }, RUNS).drawn], ["b"]);
  assert.deepEqual([...shownRuns({ ...state, only: "gone" }, RUNS).drawn], ["a"]);
  assert.deepEqual(toggled(["a"], "b"), ["a", "b"]);
  assert.deepEqual(toggled(["a", "b"], "a"), ["b"]);
});

test("smoothing is TensorBoard's: debiased, with gaps where they are", () => {
  // By hand with weight 0.6: 1; (0.6*0.4+0.4*2)/(1-0.36); ((0.24+0.8)*0.6+0.4*4)/(1-0.216).
  const [first, second, gap, third] = smoothed([1, 2, null, 4], 0.6);
  assert.equal(first, 1);
  assert.ok(Math.abs(second - 1.625) < 1e-12);
  assert.equal(gap, null);
  assert.ok(Math.abs(third - 2.224 / 0.784) < 1e-12);
  assert.deepEqual(smoothed([3, 3, 3], 0.9), [3, 3, 3]);
  const values = [5, 1, 2];
  assert.equal(smoothed(values, 0), values);
});

test("a smoothed curve stays between the extremes of what was measured", () => {
  const values = Array.from({ length: 500 }, (_, place) => Math.sin(place) * (place % 7));
  for (const weight of [0.1, 0.6, 0.99]) {
    for (const value of smoothed(values, weight)) assert.ok(value >= Math.min(...values) && value <= Math.max(...values));
  }
});

test("what is ignored as an outlier is beyond the 5th and the 95th percentile", () => {
  const values = [...Array.from({ length: 101 }, (_, place) => place), 1e9];
  const [low, high] = usualRange([values]);
  assert.ok(low < 5 && low > -10);
  assert.ok(high > 95 && high < 110);
  const [lowest, highest] = usualRange([[1, 10, 100, -5, null]], { isLog: true });
  assert.ok(lowest > -0.3 && highest < 2.3);
  assert.equal(usualRange([[null]]), null);
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2.5);
  assert.deepEqual(constantRange([[2, null], [2]]), [1, 3]);
  assert.deepEqual(constantRange([[0]]), [-1, 1]);
  assert.equal(constantRange([[1, 2]]), null);
  assert.equal(constantRange([]), null);
});

test("of every drawn run there is a smoothed line above a faint one, and a mark where another attempt went on", () => {
  const traces = [trace("a", [1, 2, 3], [1, 3, 2], [2]), trace("b", [1, 2], [2, 1])];
  const drawn = drawnTraces(traces, { drawn: new Set(["a", "b"]), marked: ["a"], smooth: 0.5 });
  assert.deepEqual(drawn.map(({ meta, raw, opacity }) => [meta.run, Boolean(raw), opacity ?? 1]), [
    ["b", false, 0.22], ["a", false, 0.22], ["b", true, 1], ["a", true, 1], ["a", false, 1],
  ]);
  assert.equal(drawn[3].line.width, 3);
  assert.deepEqual(drawn.at(-1).x, [3]);
  assert.deepEqual(drawn.at(-1).y, [drawn[3].y[2]]);
  assert.equal(drawnTraces(traces, { drawn: new Set(["b"]), marked: [], smooth: 0 }).length, 1);
});

test("the values at a place come nearest to the pointer first, with what they are from the baseline", () => {
  const traces = ["a", "b", "c", "d", "e", "f"].map((run, place) => ({ ...trace(run, [0, 10, 20], [place, 10 * place, place]), raw: [0, 0, 0] }));
  const rows = valuesAt(traces, 9, { y: 31, baseline: "b" });
  assert.deepEqual(rows.map(({ run }) => run), ["d", "e", "c", "f", "b"]);
  assert.deepEqual(rows.map(({ delta }) => delta), [20, 30, 10, 40, null]);
  assert.deepEqual(rows.map(({ x }) => x), [10, 10, 10, 10, 10]);
  assert.equal(nearestIndex([0, 10, 20], 15), 1);
  assert.equal(nearestIndex([0, 10, 20], 15.1), 2);
  assert.equal(nearestIndex([0, 10, 20], -3), 0);
  assert.equal(nearestIndex([0, 10, 20], 99), 2);
});

test("numbers and places are written as people read them", () => {
  assert.equal(valueText(0.123456), "0.1235");
  assert.equal(valueText(1234), "1,234");
  assert.equal(valueText(0.0000123), "1.230e-5");
  assert.equal(valueText(null), "–");
  assert.equal(deltaText(-0.5), "−0.5");
  assert.equal(deltaText(0.25), "+0.25");
  assert.equal(deltaText(null), "");
  assert.equal(placeText(12_000.4, "step"), "step 12,000");
  assert.equal(placeText(0, "wall"), "1970-01-01 00:00:00");
  assert.equal(asNumber("1970-01-01 00:00:01.5"), 1500);
  assert.equal(asNumber("1970-01-02"), 86_400_000);
  assert.equal(asNumber(7), 7);
  assert.equal(asNumber("7.5"), 7.5);
});
