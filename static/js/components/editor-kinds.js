// A dialog to choose a kind of layer: type a few letters, or look through the families.

import { make } from "../lib/dom.js";

const OFTEN = ["Conv2D", "MaxPooling2D", "Dense", "Dropout", "BatchNormalization", "Flatten", "GlobalAveragePooling2D", "Add", "Concatenate"];

export default class EditorKinds {
  constructor(dialog, { catalogue, onChoose }) {
    this.dialog = dialog;
    this.catalogue = catalogue;
    this.onChoose = onChoose;
    this.search = dialog.querySelector("input");
    this.list = dialog.querySelector(".kind-list");
    this.search.addEventListener("input", () => this.show());
    dialog.addEventListener("keydown", (event) => this.key(event));
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  open(where, purpose = {}) {
    this.purpose = purpose;
    this.dialog.querySelector(".kind-where").textContent = where;
    this.search.value = "";
    this.show();
    this.dialog.showModal();
    this.search.focus();
  }

  show() {
    const words = this.search.value.trim().toLowerCase();
    const all = this.catalogue.layers.filter(({ kind, summary }) => `${kind} ${summary}`.toLowerCase().includes(words));
    const byName = (entry) => !entry.kind.toLowerCase().startsWith(words);
    const groups = words ? [["Found", all.sort((one, other) => byName(one) - byName(other))]] : this.families(all);
    const sections = groups.map(([title, kinds]) =>
      make("section", {}, make("h3", {}, title), make("ul", {}, kinds.map((kind) => make("li", {}, this.button(kind))))));
    const nothing = make("p", { class: "muted" }, "No layer of Keras is called or described like that.");
    this.list.replaceChildren(...(all.length ? sections : [nothing]));
    this.list.scrollTop = 0;
  }

  families(all) {
    const often = OFTEN.map((kind) => this.catalogue.layer(kind)).filter(Boolean);
    const names = [...new Set(all.map(({ family }) => family || "other"))].sort();
    return [["Often used", often], ...names.map((name) => [capital(name), all.filter((kind) => (kind.family || "other") === name)])];
  }

  button(entry) {
    const choose = () => {
      this.dialog.close();
      this.onChoose(entry, this.purpose);
    };
    const texts = [make("b", {}, entry.kind), make("span", {}, entry.summary)];
    return make("button", { type: "button", class: "kind-choice", onclick: choose }, texts);
  }

  key(event) {
    const buttons = [...this.list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Enter" && document.activeElement === this.search) {
      event.preventDefault();
      buttons[0]?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at ? buttons[at - 1] : this.search).focus();
    }
  }
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
