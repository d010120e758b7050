// What Keras's layers and objects take, asked for once.

import { requestJson } from "./http.js";

// What a new layer starts with where Keras asks for a value and no layer of its kind is there to copy.
const FIRST_VALUES = {
  filters: 32, kernel_size: 3, units: 64, rate: 0.25, n: 2, num_heads: 4, key_dim: 32, input_dim: 1000, output_dim: 64,
  target_shape: [-1], dims: [1], axes: -1, scale: 1 / 255, factor: 0.1, stddev: 0.1, height: 64, width: 64,
  layer: { kind: "Dense", config: { units: 64 } }, cell: { kind: "LSTMCell", config: { units: 64 } },
};

export async function loadCatalogue() {
  const told = await requestJson("/api/v1/catalogue");
  const byKind = new Map(told.layers.map((layer) => [layer.kind, layer]));
  return { ...told, layer: (kind) => byKind.get(kind) ?? null };
}

// The arguments of a new layer: those of the nearest layer of its kind before it, else what Keras cannot do without.
export function firstConfig(kind, architecture, place) {
  const before = architecture.calls.slice(0, place).map((call) => architecture.layers.find(({ name }) => name === call.layer));
  const alike = before.reverse().find((layer) => layer.kind === kind.kind);
  if (alike) return { ...alike.config };
  const needed = kind.arguments.filter(({ name, required }) => required && name in FIRST_VALUES);
  const config = Object.fromEntries(needed.map(({ name }) => [name, FIRST_VALUES[name]]));
  if (kind.kind === "Bidirectional") config.layer = { kind: "LSTM", config: { units: 64 } };
  return config;
}
