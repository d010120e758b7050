// What a call takes, whose weights it uses, and whether it is an output of the network.

import { make } from "../lib/dom.js";
import { shapeText } from "../lib/format.js";
import { callsOf, idsOf, layerOf } from "../lib/graph.js";

export default class EditorConnections {
  constructor(architecture, call, facts, edit) {
    this.architecture = architecture;
    this.call = call;
    this.facts = facts;
    this.edit = edit;
    const layer = layerOf(architecture, call.layer);
    this.element = make(
      "div",
      { class: "connections" },
      make("div", { class: "field" }, make("span", { class: "field-label", id: "takes-label" }, "Takes"), this.sources()),
      this.sharing(layer),
      this.output(),
    );
  }

  // References to everything that stands before this call; a call with several results has one for each.
  offered() {
    const before = idsOf(this.architecture).slice(0, this.architecture.inputs.length + this.architecture.calls.indexOf(this.call));
    return before.flatMap((id) => {
      const shapes = this.facts.get(id)?.row.output_shapes ?? [null];
      return shapes.map((shape, number) => ({ reference: number ? `${id}:${number}` : id, shape }));
    });
  }

  sources() {
    const offered = this.offered();
    const list = make("div", { class: "sources", role: "group", "aria-labelledby": "takes-label" });
    this.call.inputs.forEach((current, place) => list.append(this.source(offered, current, place)));
    const add = () => this.edit.setInputs(this.call.id, [...this.call.inputs, offered.at(-1).reference]);
    list.append(make("button", { type: "button", class: "link-button", "data-key": "source-add", onclick: add }, "Take another one too"));
    return list;
  }

  source(offered, current, place) {
    const number = this.call.inputs.length > 1 ? ` ${place + 1}` : "";
    const select = make("select", { "data-key": `source-${place}`, "aria-label": `Input${number}` });
    for (const { reference, shape } of offered) {
      const text = shape ? `${reference} · ${shapeText(shape)}` : reference;
      select.append(make("option", { value: reference, selected: reference === current }, text));
    }
    const put = (reference) => this.call.inputs.toSpliced(place, 1, ...(reference === null ? [] : [reference]));
    select.addEventListener("change", () => this.edit.setInputs(this.call.id, put(select.value)));
    if (this.call.inputs.length === 1) return make("div", { class: "source" }, select);
    const label = `Take ${current} no longer`;
    const remove = make("button", { type: "button", class: "icon-button", "aria-label": label, title: label }, "×");
    remove.addEventListener("click", () => this.edit.setInputs(this.call.id, put(null)));
    return make("div", { class: "source" }, select, remove);
  }

  sharing(layer) {
    const others = this.architecture.layers.filter(({ name, kind }) => kind === layer.kind && name !== layer.name);
    const isShared = callsOf(this.architecture, layer.name).length > 1;
    if (!others.length && !isShared) return null;
    const select = make("select", { id: "layer-weights", "data-key": "layer-weights" });
    select.append(make("option", { value: "", selected: !isShared }, isShared ? "a copy of its own" : "its own"));
    if (isShared) select.append(make("option", { value: layer.name, selected: true }, `shared: ${layer.name}`));
    for (const { name } of others) select.append(make("option", { value: name }, `those of ${name}`));
    select.addEventListener("change", () => this.edit.share(this.call.id, select.value || null));
    return make("div", { class: "field" }, make("label", { for: "layer-weights" }, "Weights"), select);
  }

  output() {
    const box = make("input", { type: "checkbox", "data-key": "is-output", checked: this.architecture.outputs.includes(this.call.id) });
    box.addEventListener("change", () => this.edit.setOutput(this.call.id, box.checked));
    return make("label", { class: "argument-switch" }, box, make("span", {}, "An output of the network"));
  }
}
