// One argument of a layer: an input made from what the catalogue says about it.

import { make } from "../lib/dom.js";
import { formatValue, parseValue, ValueError } from "../lib/value_text.js";

const OBJECT_GROUPS = [["regularizer", "regularizer"], ["initializer", "initializer"], ["constraint", "constraint"]];

export default class EditorField {
  // `values` are what the chosen layers have: undefined where the default stands.
  constructor(argument, values, { onChange, onReset }) {
    this.argument = argument;
    this.values = values;
    this.onChange = onChange;
    this.onReset = onReset;
    this.id = `argument-${argument.name}`;
    const texts = values.map((value) => JSON.stringify(value));
    this.isMixed = new Set(texts).size > 1;
    this.isSet = values.some((value) => value !== undefined);
    this.value = values[0] === undefined ? argument.default : values[0];
    this.element = this.build();
  }

  build() {
    const { name, meaning, required } = this.argument;
    const isMissing = required && this.values.some((value) => value === undefined);
    this.error = make("p", { class: "field-error", id: `${this.id}-error`, hidden: !isMissing }, "Keras asks for a value.");
    const reset = make(
      "button",
      { type: "button", class: "reset", "data-key": `${this.id}-reset`, hidden: !this.isSet || required, onclick: () => this.onReset(name) },
      `default ${formatValue(this.argument.default)}`,
      make("span", { class: "hidden" }, ` for ${name}`),
    );
    return make(
      "div",
      { class: `argument${this.isSet ? " argument-set" : ""}${isMissing ? " field-wrong" : ""}` },
      make("label", { for: this.id }, name),
      this.widget(),
      reset,
      this.error,
      meaning ? make("p", { class: "meaning", id: `${this.id}-meaning`, title: meaning }, meaning) : null,
    );
  }

  widget() {
    const { default: standard, choices } = this.argument;
    const shared = { id: this.id, "data-key": this.id, "aria-describedby": this.argument.meaning ? `${this.id}-meaning` : null };
    if (!this.isMixed && typeof standard === "boolean" && typeof this.value === "boolean") return this.checkbox(shared);
    const isPlain = this.value === null || typeof this.value === "string";
    if (choices.length && choices.length <= 12 && isPlain) return this.select(shared);
    return this.text(shared);
  }

  checkbox(shared) {
    const box = make("input", { ...shared, type: "checkbox", checked: this.value });
    box.addEventListener("change", () => this.change(box.checked));
    return make("label", { class: "argument-switch", for: this.id }, box, make("span", {}, this.value ? "yes" : "no"));
  }

  select(shared) {
    const { choices, default: standard, required } = this.argument;
    const offered = new Set([...(standard === null && !required ? [null] : []), ...choices, ...(this.isMixed ? [] : [this.value])]);
    const select = make("select", shared, this.isMixed ? make("option", { disabled: true, selected: true }, "differs") : null);
    for (const choice of offered) {
      const attributes = { value: JSON.stringify(choice), selected: !this.isMixed && choice === this.value };
      select.append(make("option", attributes, choice ?? "None"));
    }
    select.addEventListener("change", () => this.change(JSON.parse(select.value)));
    return select;
  }

  text(shared) {
    const isEmpty = this.isMixed || (this.value === null && this.argument.required);
    const input = make("input", {
      ...shared,
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      list: this.suggestions(),
      value: isEmpty ? "" : formatValue(this.value),
      placeholder: this.isMixed ? "differs" : this.argument.required ? "required" : null,
    });
    input.addEventListener("input", () => this.read(input.value));
    return input;
  }

  suggestions() {
    const { name, choices } = this.argument;
    if (choices.length) return name.includes("activation") ? "known-activation" : null;
    return OBJECT_GROUPS.find(([end]) => name.endsWith(end)) ? `known-${OBJECT_GROUPS.find(([end]) => name.endsWith(end))[1]}` : null;
  }

  read(text) {
    const { default: standard, required, choices, name } = this.argument;
    if (!text.trim()) {
      if (!required) this.onReset(name);
      return;
    }
    // Where only a number can stand, a bare word is a size that is still open.
    const isNumber = typeof standard === "number" || Array.isArray(standard) || (required && !choices.length);
    try {
      this.change(parseValue(text, { wordsAreSymbols: isNumber && name !== "layer" }));
      this.error.hidden = true;
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
  }

  change(value) {
    this.onChange(this.argument.name, value);
  }
}
