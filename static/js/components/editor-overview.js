// What stands around the layers of a draft: totals, the diagram, and what is the matter.

import { make } from "../lib/dom.js";
import { bytes, large, shapesText, whole } from "../lib/format.js";
import FigureWalk from "./figure-walk.js";

const CONFIG = { displaylogo: false, responsive: true, displayModeBar: false };

// The library for figures is large: the rest of the editor does not wait for it.
function plotlyLoaded() {
  if (globalThis.Plotly) return Promise.resolve();
  return new Promise((resolve) => document.querySelector('script[src*="plotly"]').addEventListener("load", resolve));
}

export default class EditorOverview {
  constructor(element, { onPick }) {
    this.totals = element.querySelector('[data-part="totals"]');
    this.figure = element.querySelector('[data-part="figure"]');
    this.warnings = element.querySelector('[data-part="problems"]');
    this.onPick = onPick;
    this.plot = document.createElement("div");
  }

  show({ table, figure }, { calls, dead }) {
    this.table = table;
    this.dead = dead;
    this.showTotals(table, calls);
    this.draw(figure);
  }

  showTotals({ totals, complete, rows }, calls) {
    const last = rows.filter(({ reached }) => reached).at(-1);
    const reached = rows.filter((row) => row.reached && row.kind !== "InputLayer").length;
    const values = {
      layers: complete ? whole(reached) : `${reached} of ${calls}`,
      parameters: whole(totals.parameters),
      weights: bytes(totals.weight_bytes),
      macs: large(totals.macs),
      training: bytes(totals.training_bytes),
      output: last?.output_shapes ? shapesText(last.output_shapes) : "–",
      "output-label": complete ? "output" : "last shape reached",
    };
    for (const [name, value] of Object.entries(values)) {
      const place = this.totals.querySelector(`[data-total="${name}"]`);
      if (place && place.textContent !== value) place.textContent = value;
    }
  }

  async draw(figure) {
    this.newest = figure;
    await plotlyLoaded();
    if (this.newest !== figure) return;
    if (!this.plot.isConnected) this.figure.append(this.plot);
    this.plot.style.minWidth = `${figure.layout.meta?.minimum_width ?? 0}px`;
    figure.layout.font.family = getComputedStyle(this.figure).fontFamily;
    await Plotly.react(this.plot, figure.data, figure.layout, CONFIG);
    if (this.figure.classList.contains("figure-drawn")) return;
    this.figure.classList.add("figure-drawn");
    this.plot.on("plotly_click", ({ points }) => this.pick(points[0].customdata));
    new FigureWalk(this.figure, this.plot, { onEnter: ({ told }) => this.pick(told) });
  }

  // A box's first datum is its layer's name.
  pick(datum) {
    const row = this.table.rows.find(({ name }) => name === datum?.[0]);
    if (row) this.onPick(row.call);
  }

  problems(problems) {
    const failure = this.table?.failure;
    const dead = [...(this.dead ?? [])];
    const callouts = problems.map(({ field, message }) => this.callout("bad", field ? `${field}: ${message}` : message));
    if (failure && !problems.length) callouts.push(this.failure(failure));
    if (dead.length && !problems.length) {
      const said = dead.length === 1 ? `${dead[0]} leads` : `${dead.join(", ")} lead`;
      callouts.push(this.callout("warn", `${said} to no output: Keras leaves what nothing needs out of the network.`));
    }
    for (const { name, note } of this.table?.rows.filter((row) => row.note && row.reached).slice(0, 3) ?? []) {
      callouts.push(this.callout("note", `${name}: ${note}`));
    }
    // What is the same stays the same element: a click that has begun on it still ends on it.
    const isSame = callouts.length === this.warnings.children.length && callouts.every((one, place) => one.outerHTML === this.warnings.children[place].outerHTML);
    if (!isSame) this.warnings.replaceChildren(...callouts);
  }

  failure({ call, kind, message }) {
    const go = make("button", { type: "button", class: "link-button", onclick: () => this.onPick(call) }, "Go to it");
    return this.callout("bad", message, `Building stops at ${call}, a ${kind}.`, go);
  }

  callout(tone, text, title = null, ...more) {
    const head = title ? make("p", { class: "callout-title" }, title, " ", ...more) : null;
    return make("div", { class: `callout callout-${tone}` }, head, make("p", {}, text));
  }
}
