// What can be done to the layers of a draft: the toolbar and the keys.

import { firstConfig } from "../lib/catalogue.js";
import * as edits from "../lib/edits.js";
import { idsOf, layerOf } from "../lib/graph.js";
import { requestJson } from "../lib/http.js";
import { moveBehind, moveCalls } from "../lib/moves.js";
import EditorKinds from "./editor-kinds.js";

const ROW_KEYS = {
  Delete: "remove", Backspace: "remove", "Ctrl+d": "duplicate", "Ctrl+a": "selectAll", "Alt+ArrowUp": "moveUp",
  "Alt+ArrowDown": "moveDown", a: "openKinds", b: "openBranch", Enter: "editChosen",
};

export default class EditorActions {
  constructor(element, editor) {
    this.element = element;
    this.editor = editor;
    this.kinds = new EditorKinds(element.querySelector("dialog"), {
      catalogue: editor.catalogue,
      onChoose: (kind, { asBranch }) => this.add(kind, asBranch),
    });
    this.buttons = [...element.querySelectorAll("[data-do]")];
    for (const button of this.buttons) button.addEventListener("click", () => this[button.dataset.do]());
    element.addEventListener("keydown", (event) => this.key(event));
  }

  get calls() {
    return this.editor.state.calls.filter(({ id }) => this.editor.selected.has(id));
  }

  get ids() {
    return new Set(this.calls.map(({ id }) => id));
  }

  show() {
    const { history, selected } = this.editor;
    const has = { undo: history.past.length, redo: history.future.length, needsLayers: this.calls.length };
    for (const button of this.buttons) {
      const needs = button.dataset.needs ?? (button.dataset.do in has ? button.dataset.do : null);
      if (needs === "selection") button.disabled = !selected.size;
      else if (needs === "layers") button.disabled = !has.needsLayers;
      else if (needs) button.disabled = !has[needs];
    }
    this.element.querySelector('[data-part="dirty"]').hidden = !this.editor.isDirty;
  }

  key(event) {
    const inRows = event.target.closest('[data-part="rows"]') !== null;
    const isCode = event.target.matches("textarea");
    const name = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", event.shiftKey ? "Shift" : ""]
      .filter(Boolean).concat(event.key.length === 1 ? event.key.toLowerCase() : event.key).join("+");
    const everywhere = { "Ctrl+s": "save", ...(isCode ? {} : { "Ctrl+z": "undo", "Ctrl+Shift+z": "redo", "Ctrl+y": "redo" }) };
    const what = everywhere[name] ?? (inRows ? ROW_KEYS[name] : undefined);
    if (!what) return;
    event.preventDefault();
    this[what]();
  }

  selectAll() {
    this.editor.rows.select(this.editor.state.calls.map(({ id }) => id));
  }

  editChosen() {
    this.element.querySelector('[data-part="form"] .argument :is(input, select)')?.focus();
  }

  openKinds(asBranch = false) {
    const after = this.after();
    const where = after.length > 1 ? `It takes ${after.join(", ")}.` : `It comes behind ${after[0]}.`;
    this.kinds.open(asBranch ? `A branch from ${after.join(", ")}: nothing takes it yet.` : where, { asBranch });
  }

  openBranch() {
    this.openKinds(true);
  }

  after() {
    const chosen = idsOf(this.editor.state).filter((id) => this.editor.selected.has(id));
    return chosen.length ? chosen : [idsOf(this.editor.state).at(-1)];
  }

  add(kind, asBranch) {
    const chosen = this.after();
    const after = kind.family === "merging" ? chosen : chosen.slice(-1);
    let id;
    this.editor.change((state) => {
      const place = idsOf(state).indexOf(after.at(-1)) - state.inputs.length + 1;
      const done = edits.insertLayer(state, { kind: kind.kind, config: firstConfig(kind, state, place), after, asBranch });
      id = done.id;
      return done.architecture;
    });
    this.editor.pick(id);
    this.editor.say(`${kind.kind} is added.`);
  }

  remove() {
    const names = [...this.editor.selected];
    const inputs = this.editor.state.inputs.filter(({ name }) => this.editor.selected.has(name));
    const places = idsOf(this.editor.state);
    const next = places[Math.max(places.indexOf(names[0]) - 1, 0)];
    const failed = this.editor.change((state) => {
      const without = this.ids.size ? edits.removeCalls(state, this.ids) : state;
      return inputs.reduce((left, { name }) => edits.removeInput(left, name), without);
    });
    if (failed) return;
    this.editor.pick(next);
    this.editor.rows.focus();
    this.editor.say(names.length === 1 ? `${names[0]} is removed.` : `${names.length} are removed.`);
  }

  duplicate() {
    let ids;
    this.editor.change((state) => {
      const done = edits.duplicateCalls(state, this.ids);
      ids = done.ids;
      return done.architecture;
    });
    this.editor.rows.select(ids);
    this.editor.say(ids.length === 1 ? `${ids[0]} is a copy.` : `${ids.length} layers are copied.`);
  }

  moveUp() {
    this.move((state) => moveCalls(state, this.ids, -1));
  }

  moveDown() {
    this.move((state) => moveCalls(state, this.ids, 1));
  }

  move(edit) {
    const before = this.editor.state;
    if (this.editor.change(edit) || this.editor.state === before) return;
    const all = idsOf(this.editor.state);
    this.editor.say(`${this.named(this.ids)} now behind ${all[all.findIndex((id) => this.ids.has(id)) - 1]}.`);
  }

  // What a row takes along when it is lifted: all that is chosen, where it is one of them.
  carrying() {
    return {
      onLift: (id) => {
        if (!this.ids.has(id)) this.editor.rows.select([id], { reveal: false });
        return this.ids;
      },
      onDrop: (ids, target) => this.move((state) => moveBehind(state, ids, target)),
      label: (ids, target) => (target ? `${this.named(ids)} behind ${target}` : this.named(ids)),
    };
  }

  named(ids) {
    return ids.size === 1 ? [...ids][0] : `${ids.size} layers`;
  }

  selectBlock() {
    const { facts, rows, state } = this.editor;
    const blocks = new Set(this.calls.map(({ id }) => facts.get(id)?.block));
    rows.select(state.calls.map(({ id }) => id).filter((id) => blocks.has(facts.get(id)?.block)));
  }

  selectAlike() {
    const { rows, state } = this.editor;
    const kinds = new Set(this.calls.map(({ layer }) => layerOf(state, layer).kind));
    rows.select(state.calls.filter(({ layer }) => kinds.has(layerOf(state, layer).kind)).map(({ id }) => id));
  }

  addInput() {
    let id;
    this.editor.change((state) => {
      const done = edits.addInput(state);
      id = done.id;
      return done.architecture;
    });
    this.editor.pick(id);
  }

  undo() {
    this.editor.undo();
  }

  redo() {
    this.editor.undo(true);
  }

  async save() {
    try {
      const body = { architecture: { ...this.editor.state, source: { kind: "architecture" } } };
      const { items } = await requestJson("/api/v1/architectures", { method: "POST", body });
      this.editor.store.forget();
      this.editor.isLeaving = true;
      location.assign(`/architectures/${items[0].id}`);
    } catch (error) {
      this.editor.say(error.message, { isBad: true });
    }
  }
}
