// Edits of an architecture. Each takes one as plain data and answers a new one; none changes what it is given.

import {
  borderOf, callOf, callsOf, checkName, EditError, freeName, idsOf, isChain, layerOf, namesTaken, retargeted, snakeCase, targetOf,
} from "./graph.js";

// Behind `after` in the flow: whoever took `after` takes the new layer. A branch leaves them as they are.
export function insertLayer(architecture, { kind, config = {}, after, asBranch = false }) {
  const name = freeName(snakeCase(kind), namesTaken(architecture));
  const call = { id: name, layer: name, inputs: after, arguments: {} };
  const last = after.at(-1);
  const place = Math.max(...after.map((id) => architecture.calls.findIndex((each) => each.id === id))) + 1;
  const moved = asBranch ? architecture : redirected(architecture, new Map([[last, { id: name }]]), new Set(after));
  const calls = [...moved.calls.slice(0, place), call, ...moved.calls.slice(place)];
  const layers = [...moved.layers, { name, kind, config }];
  return { architecture: settled({ ...moved, layers, calls }), id: name };
}

export function removeCalls(architecture, ids) {
  if (architecture.calls.every(({ id }) => ids.has(id))) {
    throw new EditError("A network needs at least one layer: add another one before removing the last.");
  }
  const replacements = new Map();
  for (const call of architecture.calls) {
    // Calls stand after what they take: the replacement of an earlier one is known already.
    if (ids.has(call.id)) replacements.set(call.id, { id: replacements.get(call.inputs[0])?.id ?? call.inputs[0] });
  }
  const kept = { ...architecture, calls: architecture.calls.filter(({ id }) => !ids.has(id)) };
  return settled(redirected(kept, replacements, new Set(), new Set(idsOf(architecture))));
}

export function duplicateCalls(architecture, ids) {
  const { entries, exits } = borderOf(architecture, ids);
  const originals = architecture.calls.filter(({ id }) => ids.has(id));
  const exit = exits.at(-1) ?? originals.at(-1).id;
  const taken = namesTaken(architecture);
  const renamed = new Map();
  const newName = (old) => {
    if (!renamed.has(old)) renamed.set(old, freeName(old, taken));
    taken.add(renamed.get(old));
    return renamed.get(old);
  };
  const copies = originals.map((call) => ({ ...call, id: newName(call.id), layer: newName(call.layer) }));
  const inner = new Map([...ids].map((id) => [id, { id: renamed.get(id), keepsResult: true }]));
  if (entries.length) inner.set(entries[0], { id: exit });
  const known = new Set(idsOf(architecture));
  const rewired = copies.map((call) => ({ ...call, inputs: call.inputs.map((each) => retargeted(each, known, inner)) }));
  const outer = new Map([[exit, { id: renamed.get(exit), keepsResult: true }]]);
  const moved = exits.length ? redirected(architecture, outer, ids) : architecture;
  const place = architecture.calls.indexOf(originals.at(-1)) + 1;
  const calls = [...moved.calls.slice(0, place), ...rewired, ...moved.calls.slice(place)];
  const used = new Set(originals.map(({ layer }) => layer));
  const layers = moved.layers.filter(({ name }) => used.has(name)).map((layer) => ({ ...layer, name: renamed.get(layer.name) }));
  const all = { ...moved, layers: [...moved.layers, ...layers], calls };
  return { architecture: settled(all), ids: rewired.map(({ id }) => id) };
}

export function setArgument(architecture, layer, name, value) {
  return withLayer(architecture, layer, (old) => ({ ...old, config: { ...old.config, [name]: value } }));
}

export function resetArgument(architecture, layer, name) {
  return withLayer(architecture, layer, (old) => {
    const { [name]: _, ...config } = old.config;
    return { ...old, config };
  });
}

export function renameLayer(architecture, old, name) {
  if (old === name) return architecture;
  checkName(architecture, name);
  const renamed = withLayer(architecture, old, (layer) => ({ ...layer, name }));
  const known = new Set(idsOf(architecture));
  const replacements = new Map(known.has(old) ? [[old, { id: name, keepsResult: true }]] : []);
  const calls = renamed.calls.map((call) => ({
    ...call,
    id: call.id === old ? name : call.id,
    layer: call.layer === old ? name : call.layer,
  }));
  return redirected({ ...renamed, calls }, replacements, new Set(), known);
}

export function setCallInputs(architecture, id, inputs) {
  if (!inputs.length) throw new EditError("A layer takes at least one input.");
  const calls = architecture.calls.map((call) => (call.id === id ? { ...call, inputs } : call));
  return settled({ ...architecture, calls });
}

// One layer, several calls: they share their weights. `null` gives the call a layer of its own again.
export function shareLayer(architecture, id, layer) {
  const call = callOf(architecture, id);
  const own = freeName(call.layer, namesTaken(architecture));
  const copy = layer === null ? [{ ...layerOf(architecture, call.layer), name: own }] : [];
  const calls = architecture.calls.map((each) => (each.id === id ? { ...each, layer: layer ?? own } : each));
  return settled({ ...architecture, layers: [...architecture.layers, ...copy], calls });
}

export function setOutputs(architecture, outputs) {
  if (!outputs.length) throw new EditError("A network needs at least one output.");
  return settled({ ...architecture, outputs });
}

export function setStyle(architecture, style) {
  if (style === "sequential" && !isChain(architecture)) {
    throw new EditError("A Sequential is one layer after another; this network branches or shares a layer.");
  }
  return { ...architecture, style };
}

export function setInput(architecture, name, changes) {
  const known = new Set(idsOf(architecture));
  if (changes.name !== undefined && changes.name !== name) checkName(architecture, changes.name);
  const inputs = architecture.inputs.map((input) => (input.name === name ? { ...input, ...changes } : input));
  const replacements = new Map(changes.name ? [[name, { id: changes.name }]] : []);
  return redirected({ ...architecture, inputs }, replacements, new Set(), known);
}

export function addInput(architecture) {
  const name = freeName("input_layer", namesTaken(architecture));
  const input = { ...architecture.inputs.at(-1), name };
  return { architecture: settled({ ...architecture, inputs: [...architecture.inputs, input] }), id: name };
}

export function removeInput(architecture, name) {
  const inputs = architecture.inputs.filter((input) => input.name !== name);
  if (!inputs.length) throw new EditError("A network needs at least one input.");
  const known = new Set(idsOf(architecture));
  const replacements = new Map([[name, { id: inputs[0].name }]]);
  return settled(redirected({ ...architecture, inputs }, replacements, new Set(), known));
}

function withLayer(architecture, name, change) {
  return { ...architecture, layers: architecture.layers.map((layer) => (layer.name === name ? change(layer) : layer)) };
}

// Every reference through the replacements, but those of the calls in `except`.
export function redirected(architecture, replacements, except, known = new Set(idsOf(architecture))) {
  if (!replacements.size) return architecture;
  const through = (references) => [...new Set(references.map((each) => retargeted(each, known, replacements)))];
  const each = (call) => ({ ...call, inputs: call.inputs.map((input) => retargeted(input, known, replacements)) });
  const calls = architecture.calls.map((call) => (except.has(call.id) ? call : each(call)));
  return { ...architecture, calls, outputs: through(architecture.outputs) };
}

// Layers stand in the order of their first use, those without any are gone, and a style that cannot say it gives way.
export function settled(architecture) {
  const order = new Map();
  for (const { layer } of architecture.calls) if (!order.has(layer)) order.set(layer, order.size);
  const layers = architecture.layers.filter(({ name }) => callsOf(architecture, name).length);
  layers.sort((one, other) => order.get(one.name) - order.get(other.name));
  const result = { ...architecture, layers };
  return result.style === "sequential" && !isChain(result) ? { ...result, style: "functional" } : result;
}
