// What is chosen, as a form: a layer (or several of one kind) with every argument, an input, or the network itself.

import { make, refill } from "../lib/dom.js";
import { callOf, layerOf } from "../lib/graph.js";
import EditorConnections from "./editor-connections.js";
import EditorField from "./editor-field.js";

const TYPES = ["float32", "float16", "bfloat16", "int32", "int64", "uint8", "bool"];

export default class EditorForm {
  constructor(element, { edit, catalogue }) {
    this.element = element;
    this.edit = edit;
    this.catalogue = catalogue;
    const groups = Map.groupBy ? Map.groupBy(catalogue.objects, ({ group }) => group) : grouped(catalogue.objects);
    for (const [group, objects] of groups) {
      const options = objects.map(({ kind }) => make("option", { value: kind }));
      element.parentElement.append(make("datalist", { id: `known-${group}` }, options));
    }
  }

  show(architecture, { facts, selected }) {
    this.architecture = architecture;
    this.facts = facts;
    const input = architecture.inputs.find(({ name }) => selected.has(name));
    const calls = architecture.calls.filter(({ id }) => selected.has(id));
    const key = JSON.stringify([...selected, calls.map(({ id }) => layerOf(architecture, callOf(architecture, id).layer).kind)]);
    // While somebody types in a field, the form stays as it is: only what is around it follows.
    const isTyping = this.key === key && this.element.contains(document.activeElement) && document.activeElement.type === "text";
    if (isTyping) return;
    this.key = key;
    const parts = calls.length ? this.layerForm(calls) : input ? this.inputForm(input) : this.emptyForm();
    refill(this.element, parts);
  }

  // What is typed into a field no longer counts: the next time the form is shown it says what is.
  forget() {
    this.key = null;
  }

  emptyForm() {
    return [make("p", { class: "muted" }, "Choose a layer to see and change its arguments; with Shift or Ctrl several at once.")];
  }

  layerForm(calls) {
    const layers = [...new Set(calls.map(({ layer }) => layer))].map((name) => layerOf(this.architecture, name));
    const kinds = [...new Set(layers.map(({ kind }) => kind))];
    const known = kinds.length === 1 ? this.catalogue.layer(kinds[0]) : null;
    const title = layers.length === 1 ? layers[0].kind : `${layers.length} layers: ${kinds.join(", ")}`;
    return [
      make("h3", { class: "form-title" }, title),
      known ? make("p", { class: "muted small" }, known.summary) : null,
      layers.length === 1 ? this.nameField(layers[0]) : null,
      calls.length === 1 ? new EditorConnections(this.architecture, calls[0], this.facts, this.edit).element : null,
      kinds.length > 1 ? make("p", { class: "muted" }, "Layers of one kind can be changed together.") : this.argumentFields(layers, known),
    ].filter(Boolean);
  }

  nameField({ name }) {
    const error = make("p", { class: "field-error", hidden: true });
    const input = make("input", { id: "layer-name", "data-key": "layer-name", value: name, autocomplete: "off", spellcheck: "false" });
    input.addEventListener("change", () => {
      const message = this.edit.rename(name, input.value.trim());
      error.hidden = !message;
      error.textContent = message ?? "";
    });
    return make("div", { class: "field" }, make("label", { for: "layer-name" }, "Name"), input, error);
  }

  argumentFields(layers, known) {
    const given = [...new Set(layers.flatMap(({ config }) => Object.keys(config)))];
    const listed = known?.arguments ?? [];
    const unlisted = given.filter((name) => !listed.some((argument) => argument.name === name));
    const unknown = unlisted.map((name) => ({ name, required: false, default: null, meaning: "", choices: [] }));
    const fields = [...listed, ...unknown].map((argument) => {
      const values = layers.map(({ config }) => config[argument.name]);
      return new EditorField(argument, values, {
        onChange: (name, value) => this.edit.setArgument(layers.map((layer) => layer.name), name, value),
        onReset: (name) => this.edit.resetArgument(layers.map((layer) => layer.name), name),
      }).element;
    });
    return make("div", { class: "argument-list" }, fields);
  }

  inputForm(input) {
    const error = make("p", { class: "field-error", id: "input-shape-error", hidden: true });
    const text = (id, label, value, onChange, hint) => {
      const field = make("input", { id, "data-key": id, value, autocomplete: "off", spellcheck: "false" });
      field.addEventListener("change", () => onChange(field.value.trim()));
      return make("div", { class: "field" }, make("label", { for: id }, label), field, hint ? make("p", { class: "meaning" }, hint) : null);
    };
    const said = (message) => {
      error.hidden = !message;
      error.textContent = message ?? "";
    };
    const shape = input.shape.slice(1).map((size) => size?.symbol ?? size ?? "None").join(", ");
    const types = make("select", { id: "input-dtype", "data-key": "input-dtype" });
    for (const type of new Set([...TYPES, input.dtype])) types.append(make("option", { selected: type === input.dtype }, type));
    types.addEventListener("change", () => this.edit.setInput(input.name, { dtype: types.value }));
    return [
      make("h3", { class: "form-title" }, "Input"),
      make("p", { class: "muted small" }, "Where data enters the network. The batch is not part of its shape."),
      text("input-shape", "Shape", shape, (value) => said(this.edit.setInputShape(input.name, value)), "Height, width, channels for images. None leaves a size open, a name makes it a value to fill in."),
      text("input-name", "Name", input.name, (value) => said(this.edit.setInput(input.name, { name: value }))),
      error,
      make("div", { class: "field" }, make("label", { for: "input-dtype" }, "Type"), types),
    ];
  }
}

function grouped(objects) {
  const groups = new Map();
  for (const entry of objects) groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  return groups;
}
