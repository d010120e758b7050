// The layers of a draft as a grid: choose one or several, by pointer or keyboard.

import { make } from "../lib/dom.js";
import { large, shapesText, whole } from "../lib/format.js";
import { callsOf, layerOf } from "../lib/graph.js";

export default class EditorRows {
  constructor(body, { onSelect }) {
    this.body = body;
    this.onSelect = onSelect;
    this.ids = [];
    this.selected = new Set();
    body.addEventListener("click", (event) => this.click(event));
    body.addEventListener("keydown", (event) => this.key(event));
  }

  show(architecture, { facts, dead, selected }) {
    this.selected = selected;
    const fresh = [
      ...architecture.inputs.map((input) => this.inputRow(input, facts.get(input.name))),
      ...architecture.calls.map((call) => this.callRow(architecture, call, facts.get(call.id), dead.has(call.id))),
    ];
    this.ids = fresh.map((row) => row.dataset.id);
    this.put(fresh);
    this.mark();
  }

  // Rows stay the same elements as long as their layer is there: a click that has begun on one still ends on it.
  put(fresh) {
    const hadFocus = this.body.contains(document.activeElement);
    const there = new Map([...this.body.children].map((row) => [row.dataset.id, row]));
    const rows = fresh.map((row) => this.updated(there.get(row.dataset.id), row));
    const isInPlace = rows.length === this.body.children.length && rows.every((row, place) => row === this.body.children[place]);
    if (!isInPlace) this.body.replaceChildren(...rows);
    if (hadFocus && !this.body.contains(document.activeElement)) this.focus();
  }

  updated(old, row) {
    if (!old) return row;
    if (old.innerHTML !== row.innerHTML) old.replaceChildren(...row.childNodes);
    for (const state of ["row-bad", "row-unreached"]) old.classList.toggle(state, row.classList.contains(state));
    old.title = row.title;
    return old;
  }

  inputRow(input, fact) {
    return this.row(input.name, "InputLayer", fact?.family ?? "input", input.name, {
      shape: shapesText([input.shape]),
      note: input.dtype === "float32" ? "" : input.dtype,
    });
  }

  callRow(architecture, call, fact, isDead) {
    const layer = layerOf(architecture, call.layer);
    const times = callsOf(architecture, call.layer).length;
    const isShared = times > 1 ? `shared by ${times}` : "";
    const state = fact?.fails ? "row-bad" : fact && !fact.row.reached ? "row-unreached" : "";
    const shape = fact?.fails ? "stops here" : !fact ? "…" : !fact.row.reached ? "never reached" : fact.shape;
    return this.row(call.id, layer.kind, fact?.family ?? "other", layer.name, {
      grip: make("span", { class: "grip", "aria-hidden": "true", title: "Drag to move" }),
      shape,
      parameters: fact?.row.parameters ? whole(fact.row.parameters) : "",
      macs: fact?.row.macs ? large(fact.row.macs) : "",
      note: [isShared, isDead ? "leads to no output" : ""].filter(Boolean).join(" · "),
      title: fact?.row.note || null,
      state,
    });
  }

  row(id, kind, family, name, { grip = null, shape, parameters = "", macs = "", note = "", title = null, state = "" }) {
    const mark = make("span", { class: `kind-mark kind-${family.replaceAll(" ", "-")}` });
    return make(
      "tr",
      { "data-id": id, class: state, tabindex: "-1", title },
      make("td", { class: "kind" }, grip, mark, kind),
      make("td", { class: "code" }, make("code", { title: name }, name), note ? make("span", { class: "row-note" }, note) : null),
      make("td", { class: "shape" }, shape),
      make("td", { class: "number" }, parameters),
      make("td", { class: "number muted macs" }, macs),
    );
  }

  mark() {
    const current = this.current ?? this.ids.find((id) => this.selected.has(id)) ?? this.ids[0];
    for (const row of this.body.children) {
      row.setAttribute("aria-selected", String(this.selected.has(row.dataset.id)));
      row.tabIndex = row.dataset.id === current ? 0 : -1;
    }
  }

  select(ids, { current = ids.at(-1), anchor = current, reveal = true } = {}) {
    this.selected = new Set(ids);
    this.current = current;
    this.anchor = anchor;
    this.mark();
    if (reveal) this.rowOf(current)?.scrollIntoView({ block: "nearest" });
    this.onSelect(this.selected);
  }

  rowOf(id) {
    return [...this.body.children].find((row) => row.dataset.id === id);
  }

  focus() {
    this.body.querySelector('tr[tabindex="0"]')?.focus({ preventScroll: true });
  }

  click(event) {
    const id = event.target.closest("tr")?.dataset.id;
    if (!id) return;
    if (event.shiftKey) this.extend(id);
    else if (event.ctrlKey || event.metaKey) this.toggle(id);
    else this.select([id], { reveal: false });
    this.focus();
  }

  toggle(id) {
    const next = new Set(this.selected);
    if (!next.delete(id)) next.add(id);
    this.select(this.ids.filter((each) => next.has(each)), { current: id, reveal: false });
  }

  extend(id) {
    const places = [this.ids.indexOf(this.anchor ?? id), this.ids.indexOf(id)].sort((one, other) => one - other);
    this.select(this.ids.slice(places[0], places[1] + 1), { current: id, anchor: this.anchor ?? id });
  }

  key(event) {
    const at = this.ids.indexOf(event.target.dataset.id);
    const ends = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: this.ids.length - 1 };
    if (at < 0 || !(event.key in ends) || event.altKey) {
      if (event.key === " " && at >= 0) {
        event.preventDefault();
        this.toggle(this.ids[at]);
        this.focus();
      }
      return;
    }
    event.preventDefault();
    const id = this.ids[Math.min(Math.max(ends[event.key], 0), this.ids.length - 1)];
    if (event.shiftKey) this.extend(id);
    else this.select([id]);
    this.focus();
  }
}
