// Questions about an architecture as data: inputs, layers, calls, outputs, exactly as the API has them.

// What cannot be done to this architecture, in words for who edits it.
export class EditError extends Error {
  name = "EditError";
}

const NAME = /^[A-Za-z0-9_.-]+$/;

export const idsOf = ({ inputs, calls }) => [...inputs.map(({ name }) => name), ...calls.map(({ id }) => id)];
export const layerOf = ({ layers }, name) => layers.find((layer) => layer.name === name);
export const callOf = ({ calls }, id) => calls.find((call) => call.id === id);
export const callsOf = ({ calls }, layer) => calls.filter((call) => call.layer === layer);

// `lstm:1` is the second result of `lstm`; an id may itself hold a colon.
export function targetOf(reference, known) {
  return known.has(reference) ? reference : reference.replace(/:\d{1,3}$/, "");
}

export function retargeted(reference, known, replacements) {
  const target = targetOf(reference, known);
  if (!replacements.has(target)) return reference;
  const { id, keepsResult } = replacements.get(target);
  return keepsResult ? id + reference.slice(target.length) : id;
}

export function isChain({ inputs, layers, calls, outputs }) {
  const before = [inputs[0].name, ...calls.map(({ id }) => id)];
  const follows = calls.every((call, place) => call.inputs.length === 1 && call.inputs[0] === before[place]);
  const inOrder = calls.length === layers.length && calls.every((call, place) => call.layer === layers[place].name);
  return inputs.length === 1 && follows && inOrder && outputs.length === 1 && outputs[0] === before.at(-1);
}

// What a group of calls takes from outside (first in order of use), and which of its calls are used outside.
export function borderOf(architecture, ids) {
  const known = new Set(idsOf(architecture));
  const inside = architecture.calls.filter(({ id }) => ids.has(id));
  const outside = architecture.calls.filter(({ id }) => !ids.has(id));
  const taken = inside.flatMap((call) => call.inputs).filter((reference) => !ids.has(targetOf(reference, known)));
  const used = [...outside.flatMap((call) => call.inputs), ...architecture.outputs].map((each) => targetOf(each, known));
  return { entries: [...new Set(taken)], exits: inside.map(({ id }) => id).filter((id) => used.includes(id)) };
}

// Keras's own rule: MaxPooling2D is max_pooling2d, the second one max_pooling2d_1.
export function snakeCase(kind) {
  const spaced = kind.replace(/\W+/g, "").replace(/(.)([A-Z][a-z]+)/g, "$1_$2");
  return spaced.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
}

export function freeName(base, taken) {
  if (!taken.has(base)) return base;
  const [, stem, number] = base.match(/^(.*?)(?:_(\d+))?$/);
  for (let next = Number(number ?? 0) + 1; ; next += 1) {
    if (!taken.has(`${stem}_${next}`)) return `${stem}_${next}`;
  }
}

export function namesTaken(architecture) {
  return new Set([...idsOf(architecture), ...architecture.layers.map(({ name }) => name)]);
}

export function checkName(architecture, name) {
  if (!NAME.test(name)) throw new EditError(`A layer’s name has letters, digits, “_”, “.” and “-”; received “${name}”.`);
  if (namesTaken(architecture).has(name)) throw new EditError(`There is a layer or input called “${name}” already.`);
}

// Calls that no output needs: they are written, but make no part of the network.
export function deadEnds({ inputs, calls, outputs }) {
  const known = new Set(idsOf({ inputs, calls }));
  const needed = new Set(outputs.map((each) => targetOf(each, known)));
  for (const call of [...calls].reverse()) {
    if (needed.has(call.id)) call.inputs.forEach((each) => needed.add(targetOf(each, known)));
  }
  return calls.map(({ id }) => id).filter((id) => !needed.has(id));
}
