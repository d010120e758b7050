// Random edits of the architectures that come in as JSON lines; every state goes out as one.

import { createInterface } from "node:readline";

const edits = await import(`${process.env.LIB}/edits.js`);
const moves = await import(`${process.env.LIB}/moves.js`);
const { EditError, idsOf } = await import(`${process.env.LIB}/graph.js`);

let state = 20181125;
const random = () => ((state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31);
const below = (count) => Math.floor(random() * count);
const one = (list) => list[below(list.length)];
const some = (list) => list.slice(below(list.length)).slice(0, 1 + below(3));

const STEPS = [
  (network) => edits.insertLayer(network, { kind: one(["ReLU", "Conv2D", "Flatten"]), after: [one(idsOf(network))] }).architecture,
  (network) => edits.insertLayer(network, { kind: "ReLU", after: [one(idsOf(network))], asBranch: true }).architecture,
  (network) => edits.insertLayer(network, { kind: "Add", after: [...new Set(some(idsOf(network)))] }).architecture,
  (network) => edits.removeCalls(network, ids(some(network.calls))),
  (network) => moves.moveCalls(network, ids(some(network.calls)), one([-1, 1])),
  (network) => edits.duplicateCalls(network, ids(some(network.calls))).architecture,
  (network) => edits.renameLayer(network, one(network.layers).name, `renamed_${below(1000)}`),
  (network) => edits.shareLayer(network, one(network.calls).id, one([null, one(network.layers).name])),
  (network) => edits.setOutputs(network, some(idsOf(network))),
  (network) => edits.addInput(network).architecture,
  (network) => edits.removeInput(network, one(network.inputs).name),
  (network) => edits.setInput(network, one(network.inputs).name, { name: `input_${below(1000)}` }),
  (network) => edits.setStyle(network, one(["sequential", "functional", "subclassed"])),
  (network) => moves.moveBehind(network, ids(some(network.calls)), one(idsOf(network))),
];
const ids = (calls) => new Set(calls.map(({ id }) => id));

for await (const line of createInterface({ input: process.stdin })) {
  const first = JSON.parse(line);
  const before = JSON.stringify(first);
  let network = first;
  for (let step = 0; step < 25; step += 1) {
    const made = below(STEPS.length);
    try {
      network = STEPS[made](network);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      continue;
    }
    process.stdout.write(`${JSON.stringify({ made, network })}\n`);
  }
  if (JSON.stringify(first) !== before) throw new Error("an edit changed what it was given");
}
