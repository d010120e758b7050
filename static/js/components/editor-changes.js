// The changes that fields ask for: the network's own, those of layers, of connections and of inputs.

import * as edits from "../lib/edits.js";
import { EditError } from "../lib/graph.js";
import { parseValue, ValueError } from "../lib/value_text.js";

export default class EditorChanges {
  constructor(element, editor) {
    this.editor = editor;
    this.name = element.querySelector("#draft-name");
    this.style = element.querySelector("#draft-style");
    this.name.addEventListener("input", () => this.setName(this.name.value));
    this.style.addEventListener("change", () => this.setStyle(this.style.value));
  }

  show() {
    const { name, style } = this.editor.state;
    if (document.activeElement !== this.name) this.name.value = name;
    this.style.value = style;
  }

  setName(name) {
    this.editor.change((state) => ({ ...state, name }), { key: "name" });
  }

  setStyle(style) {
    if (this.editor.change((state) => edits.setStyle(state, style))) this.show();
  }

  setArgument(layers, name, value) {
    const change = (state) => layers.reduce((before, layer) => edits.setArgument(before, layer, name, value), state);
    this.editor.change(change, { key: `${layers.join()} ${name}` });
  }

  resetArgument(layers, name) {
    this.editor.change((state) => layers.reduce((before, layer) => edits.resetArgument(before, layer, name), state));
  }

  rename(old, name) {
    return this.editor.change((state) => edits.renameLayer(state, old, name), { select: [name] });
  }

  setInputs(call, inputs) {
    return this.editor.change((state) => edits.setCallInputs(state, call, inputs));
  }

  share(call, layer) {
    return this.editor.change((state) => edits.shareLayer(state, call, layer));
  }

  setOutput(id, isOutput) {
    const others = ({ outputs }) => outputs.filter((each) => each !== id);
    const failed = this.editor.change((state) => edits.setOutputs(state, isOutput ? [...others(state), id] : others(state)));
    if (failed) this.editor.show();
  }

  setInput(name, changes) {
    const select = changes.name ? [changes.name] : null;
    return this.editor.change((state) => edits.setInput(state, name, changes), { select });
  }

  // `224, 224, 3`, with None for a size left open and a word for one to fill in.
  setInputShape(name, text) {
    return this.editor.change((state) => edits.setInput(state, name, { shape: [batchOf(state, name), ...shapeFrom(text)] }));
  }
}

function batchOf(state, name) {
  return state.inputs.find((input) => input.name === name).shape[0];
}

function shapeFrom(text) {
  const isSize = (size) => size === null || Number.isInteger(size) || typeof size?.symbol === "string";
  try {
    const read = text.trim() ? parseValue(text, { wordsAreSymbols: true }) : [];
    const shape = Array.isArray(read) ? read : [read];
    if (shape.every(isSize)) return shape;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
  }
  throw new EditError(`A shape is sizes with commas between them, such as 224, 224, 3; received “${text}”.`);
}
