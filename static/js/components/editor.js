// The editor: one architecture as data, its history, and everything on the page that follows it.

import { loadCatalogue } from "../lib/catalogue.js";
import { DraftStore } from "../lib/draft-store.js";
import { DraftClient } from "../lib/drafts.js";
import { shapesText } from "../lib/format.js";
import { deadEnds, EditError, idsOf, isChain } from "../lib/graph.js";
import { History } from "../lib/history.js";
import { putInAddress } from "../lib/address.js";
import { currentTheme, onThemeChange } from "../lib/theme.js";
import EditorActions from "./editor-actions.js";
import EditorChanges from "./editor-changes.js";
import EditorCode from "./editor-code.js";
import EditorDrag from "./editor-drag.js";
import EditorForm from "./editor-form.js";
import EditorOverview from "./editor-overview.js";
import EditorRows from "./editor-rows.js";

export default class Editor {
  constructor(element) {
    this.element = element;
    this.opened = JSON.parse(element.dataset.architecture);
    this.store = new DraftStore(element.dataset.key, this.opened);
    this.facts = new Map();
    this.selected = new Set();
    this.start();
  }

  async start() {
    this.overview = new EditorOverview(this.element, { onPick: (id) => this.pick(id) });
    try {
      this.catalogue = await loadCatalogue();
    } catch (error) {
      this.overview.problems([{ message: `The editor could not start: ${error.message}` }]);
      return;
    }
    this.history = new History(this.restored());
    this.client = new DraftClient({ onAnswer: (...all) => this.answered(...all), onFailure: (...all) => this.failed(...all) });
    this.actions = new EditorActions(this.element, this);
    this.changes = new EditorChanges(this.element, this);
    this.rows = new EditorRows(this.part("rows"), { onSelect: (ids) => this.chosen(ids) });
    new EditorDrag(this.part("rows"), this.actions.carrying());
    this.form = new EditorForm(this.part("form"), { edit: this.changes, catalogue: this.catalogue });
    this.code = new EditorCode(this.part("code"), {
      style: this.element.dataset.style || this.opened.style,
      onCode: (text, after) => this.client.ask({ code: text, theme: currentTheme() }, { tag: { isCode: true }, after }),
      onStyle: (style) => putInAddress({ style }),
    });
    for (const button of this.part("panels").children) button.addEventListener("click", () => this.turn(button));
    onThemeChange(() => this.ask());
    addEventListener("beforeunload", (event) => this.isDirty && !this.isLeaving && event.preventDefault());
    this.pick(this.element.dataset.layer || this.state.calls[0].id);
    this.element.classList.add("editor-ready");
    this.show();
    this.ask(0);
  }

  part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  turn({ dataset: { panelName } }) {
    this.element.querySelector(".editor-side").dataset.panel = panelName;
    for (const each of this.part("panels").children) each.setAttribute("aria-pressed", String(each.dataset.panelName === panelName));
    putInAddress({ panel: panelName === "code" ? "code" : null });
  }

  get state() {
    return this.history.state;
  }

  get isDirty() {
    return !this.store.isOpened(this.state);
  }

  // A draft that was not saved before the page was left is there again.
  restored() {
    const kept = this.store.kept();
    if (!kept) return this.opened;
    this.part("restored").hidden = false;
    this.part("start-over").addEventListener("click", () => {
      this.change(() => this.opened);
      this.part("restored").hidden = true;
    });
    return kept;
  }

  // One step of the history; answers what is wrong with it, or null.
  change(edit, { key = null, select = null } = {}) {
    let next;
    try {
      next = edit(this.state);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      this.say(error.message, { isBad: true });
      return error.message;
    }
    this.history.push(next, key);
    if (select) this.selected = new Set(select);
    this.changed();
    return null;
  }

  changed() {
    const ids = new Set(idsOf(this.state));
    this.selected = new Set([...this.selected].filter((id) => ids.has(id)));
    this.store.keep(this.state);
    this.show();
    this.ask();
  }

  undo(isForth = false) {
    if (!(isForth ? this.history.redo() : this.history.undo())) return;
    this.form.forget();
    this.changed();
  }

  ask(after = 60) {
    this.client.ask({ architecture: this.state, theme: currentTheme() }, { tag: { state: this.state }, after });
  }

  show() {
    const dead = new Set(deadEnds(this.state));
    this.rows.show(this.state, { facts: this.facts, dead, selected: this.selected });
    this.form.show(this.state, { facts: this.facts, selected: this.selected });
    this.actions.show();
    this.changes.show();
    this.dead = dead;
  }

  answered(answer, tag) {
    if (tag.isCode) {
      this.code.problems(answer.problems, { isBroken: !answer.architecture });
      if (!answer.architecture) return;
      this.take(answer.architecture);
    }
    if (answer.table) {
      this.facts = factsOf(answer);
      this.overview.show(answer, { calls: this.state.calls.length, dead: this.dead });
    }
    this.overview.problems(tag.isCode ? [] : answer.problems);
    if (answer.architecture) this.code.show(answer.code);
    this.show();
    this.element.dataset.answered = String(Number(this.element.dataset.answered ?? 0) + 1);
  }

  // What was typed as code, under the name and in the style that the draft has.
  take(read) {
    const { name, source, style } = this.state;
    const kept = style === "sequential" && !isChain(read) ? "functional" : style;
    const next = { ...read, name, source, style: kept };
    if (JSON.stringify(next) === JSON.stringify(this.state)) return;
    this.history.push(next, "code");
    const ids = new Set(idsOf(next));
    this.selected = new Set([...this.selected].filter((id) => ids.has(id)));
    this.store.keep(this.state);
  }

  failed(message, tag) {
    if (tag.isCode) this.code.problems([{ message }], { isBroken: true });
    else this.overview.problems([{ message }]);
  }

  pick(id) {
    if (!idsOf(this.state).includes(id)) return;
    this.rows.ids = idsOf(this.state);
    this.rows.select([id]);
  }

  chosen(ids) {
    this.selected = ids;
    this.form.show(this.state, { facts: this.facts, selected: ids });
    this.actions.show();
    putInAddress({ layer: ids.size === 1 ? [...ids][0] : null });
  }

  say(text, { isBad = false } = {}) {
    const place = this.part("said");
    place.textContent = text;
    place.classList.toggle("said-bad", isBad);
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => (place.textContent = ""), isBad ? 9000 : 3500);
  }
}

function factsOf({ table, families, blocks }) {
  const facts = table.rows.map((row, place) => ({
    row,
    family: families[place],
    block: blocks[place],
    fails: table.failure?.call === row.call,
    shape: row.output_shapes ? shapesText(row.output_shapes) : "unknown",
  }));
  return new Map(facts.map((fact) => [fact.row.call, fact]));
}
