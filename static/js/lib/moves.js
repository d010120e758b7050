// Moves of one layer or several that stand next to each other: a step up or down, or behind any other layer.

import { redirected, settled } from "./edits.js";
import { borderOf, EditError, idsOf, retargeted, targetOf } from "./graph.js";

const SEVERAL_USES = "These layers are used in several places: change what they take instead of moving them.";

// The group changes places with the call before it (-1) or behind it (+1), in the flow where they are connected.
export function moveCalls(architecture, ids, direction) {
  const [first, last] = endsOf(architecture, ids);
  const neighbour = architecture.calls[direction < 0 ? first - 1 : last + 1];
  if (!neighbour) return architecture;
  const [upper, lower] = direction < 0 ? [new Set([neighbour.id]), ids] : [ids, new Set([neighbour.id])];
  return settled(exchanged(architecture, upper, lower));
}

// The group is taken out of the flow, which closes behind it, and is put between `target` and whoever took that.
export function moveBehind(architecture, ids, target) {
  const all = idsOf(architecture);
  const [first] = endsOf(architecture, ids);
  if (ids.has(target) || all[architecture.inputs.length + first - 1] === target) return architecture;
  const known = new Set(all);
  const { entries, exits } = borderOf(architecture, ids);
  if (exits.length > 1) throw new EditError(SEVERAL_USES);
  const [entry, exit] = [entries[0], exits[0]];
  const isReordered = targetOf(entry, known) === target;
  const closed = exit && !isReordered ? redirected(architecture, new Map([[exit, { id: entry }]]), ids) : architecture;
  const opened = exit && !isReordered ? redirected(closed, new Map([[target, { id: exit }]]), ids) : closed;
  const toTarget = new Map(isReordered ? [] : [[targetOf(entry, known), { id: target }]]);
  const group = opened.calls.filter(({ id }) => ids.has(id));
  const others = opened.calls.filter(({ id }) => !ids.has(id));
  const place = others.findIndex(({ id }) => id === target) + 1;
  const rewired = group.map((call) => ({ ...call, inputs: call.inputs.map((each) => retargeted(each, known, toTarget)) }));
  const moved = { ...opened, calls: [...others.slice(0, place), ...rewired, ...others.slice(place)] };
  checkOrder(moved);
  return settled(moved);
}

function exchanged(architecture, upper, lower) {
  const known = new Set(idsOf(architecture));
  const ids = new Set([...upper, ...lower]);
  const group = (members) => architecture.calls.filter(({ id }) => members.has(id));
  const isConnected = group(lower).some((call) => call.inputs.some((each) => upper.has(targetOf(each, known))));
  const first = architecture.calls.findIndex(({ id }) => ids.has(id));
  const calls = [...architecture.calls];
  calls.splice(first, ids.size, ...group(lower), ...group(upper));
  if (!isConnected) return { ...architecture, calls };
  const above = borderOf(architecture, upper);
  const below = borderOf(architecture, lower);
  if (above.exits.length > 1 || below.exits.length > 1) {
    throw new EditError(SEVERAL_USES);
  }
  const [entry, outlet, exit] = [above.entries[0], above.exits[0], below.exits[0]];
  const toEntry = new Map([...upper].map((id) => [id, { id: entry }]));
  const rewired = calls.map((call) => {
    if (lower.has(call.id)) return { ...call, inputs: call.inputs.map((each) => retargeted(each, known, toEntry)) };
    if (!exit) return call;
    const replacements = upper.has(call.id) ? new Map([[entry, { id: exit }]]) : new Map([[exit, { id: outlet }]]);
    return { ...call, inputs: call.inputs.map((each) => retargeted(each, known, replacements)) };
  });
  const outputs = architecture.outputs.map((each) => (exit && each === exit ? outlet : each));
  return { ...architecture, calls: rewired, outputs };
}

function endsOf(architecture, ids) {
  const places = architecture.calls.flatMap(({ id }, place) => (ids.has(id) ? [place] : []));
  const [first, last] = [places[0], places.at(-1)];
  if (last - first + 1 !== places.length) throw new EditError("Only layers that stand next to each other move together.");
  return [first, last];
}

function checkOrder(architecture) {
  const known = new Set(idsOf(architecture));
  const before = new Set(architecture.inputs.map(({ name }) => name));
  for (const { id, inputs } of architecture.calls) {
    const late = inputs.map((each) => targetOf(each, known)).find((each) => !before.has(each));
    if (late) throw new EditError(`${id} takes ${late}, which would come behind it: change what it takes first.`);
    before.add(id);
  }
}
