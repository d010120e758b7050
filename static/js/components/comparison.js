// A comparison's runs, controls and charts. Everything that somebody chooses is a state, and the state is in the address:
// going back and forward in the browser goes through the choices.

import { filterOf, readState, shownRuns, toggled, writeState } from "../lib/comparison-state.js";
import { onThemeChange } from "../lib/theme.js";
import CurveChart from "./curve-chart.js";

export default class Comparison {
  constructor(element) {
    this.element = element;
    this.runs = JSON.parse(element.dataset.described);
    this.baseline = element.dataset.baseline;
    this.rows = new Map([...element.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
    this.charts = [...element.querySelectorAll("[data-chart]")].map((chart, number) => new CurveChart(chart, {
      runs: this.runs.map(({ id }) => id),
      isSeen: number === 0,
      onZoom: (from, to) => this.set({ from, to }),
      onPlace: (chart, x, where) => this.point(chart, x, where),
      onLog: (metric) => this.set({ log: toggled(this.state.log, metric) }),
    }));
    this.listen();
    this.take(readState(location.search));
    element.classList.add("is-live");
  }

  listen() {
    const { element } = this;
    this.controls = element.querySelector("[data-controls]");
    this.controls.addEventListener("submit", (event) => event.preventDefault());
    this.controls.addEventListener("input", ({ target }) => this.choose(target, { isPassing: target.type !== "checkbox" && target.tagName !== "SELECT" }));
    this.controls.addEventListener("change", ({ target }) => this.choose(target));
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("dblclick", (event) => this.isolate(event));
    element.addEventListener("change", ({ target }) => target.matches("[data-row] [type=checkbox]") && this.show(target));
    element.addEventListener("change", ({ target }) => target.closest("[data-against]") && location.assign(this.addressOf({ [target.name]: target.value })));
    addEventListener("popstate", () => this.take(readState(location.search)));
    document.addEventListener("diceboard:refresh", () => this.charts.forEach((chart) => chart.refresh()));
    onThemeChange(() => this.charts.forEach((chart) => chart.recolour()));
  }

  // What is still being dragged or typed changes the address without a step in the history; letting go makes the step.
  choose(target, { isPassing = false } = {}) {
    const { name, value, checked } = target;
    if (name === "x") this.set({ x: value, from: null, to: null });
    if (name === "smooth" && value !== "" && Number.isFinite(Number(value))) this.set({ smooth: Math.min(0.99, Math.max(0, Number(value))) }, { isPassing });
    if (name === "group") this.set({ group: value });
    if (name === "outliers") this.set({ outliers: checked });
    if (name === "q") this.set({ q: value }, { isPassing });
  }

  click(event) {
    const button = event.target.closest("[data-act]");
    if (!button) return;
    const id = button.closest("[data-row]")?.dataset.row;
    const { state } = this;
    const acts = {
      pin: () => this.set({ pin: toggled(state.pin, id) }),
      only: () => this.set({ only: state.only === id ? null : id }),
      baseline: () => location.assign(this.addressOf({ baseline: id })),
      whole: () => this.set({ from: null, to: null }),
      everything: () => this.set({ only: null, hide: [], q: "" }),
      settings: () => this.set({ settings: button.dataset.settings }),
    };
    event.preventDefault();
    acts[button.dataset.act]();
  }

  addressOf(changes) {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) address.searchParams.set(name, value);
    return address.href;
  }

  isolate(event) {
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("button, input, a")) return;
    getSelection()?.removeAllRanges();
    this.set({ only: this.state.only === row.dataset.row ? null : row.dataset.row });
  }

  show(box) {
    const { row: id } = box.closest("[data-row]").dataset;
    // Somebody who chooses among all has done with looking at one alone.
    const { only, hide } = this.state;
    const hidden = only ? this.runs.map((run) => run.id).filter((other) => other !== only) : hide;
    this.set({ only: null, hide: toggled(hidden, id) });
  }

  set(changes, { isPassing = false } = {}) {
    const state = { ...this.state, ...changes };
    const address = writeState(location.href, state);
    const isNew = address.href !== location.href;
    if (isPassing) {
      this.before ??= location.href;
      history.replaceState(history.state, "", address);
    } else if (this.before || isNew) {
      // The place before the dragging began is what going back leads to.
      if (this.before && this.before !== address.href) history.replaceState(history.state, "", this.before);
      if (address.href !== location.href) history.pushState(null, "", address);
      this.before = null;
    }
    this.take(state);
  }

  take(state) {
    this.state = state;
    const { listed, drawn } = shownRuns(state, this.runs);
    this.view = { state, drawn, marked: [...state.pin, this.baseline] };
    this.putControls();
    for (const [id, row] of this.rows) {
      row.hidden = !listed.has(id);
      row.classList.toggle("run-off", !drawn.has(id));
      row.classList.toggle("run-pinned", state.pin.includes(id));
      row.querySelector("[type=checkbox]").checked = drawn.has(id);
      row.querySelector('[data-act="pin"]').setAttribute("aria-pressed", String(state.pin.includes(id)));
      row.querySelector('[data-act="only"]').setAttribute("aria-pressed", String(state.only === id));
    }
    this.element.querySelector("[data-count]").textContent = `${drawn.size} of ${this.runs.length} drawn`;
    this.charts.forEach((chart) => chart.take(this.view));
  }

  putControls() {
    const { state, controls, element } = this;
    const active = document.activeElement;
    element.querySelector("[data-report] [name=x]").value = state.x;
    for (const field of controls.querySelectorAll("[name=x], [name=smooth], [name=group], [name=q]")) {
      if (field !== active || field.type === "range") field.value = state[field.name];
    }
    controls.querySelector("[name=outliers]").checked = state.outliers;
    controls.querySelector("[name=q]").setAttribute("aria-invalid", String(filterOf(state.q) === null));
    element.querySelector('[data-act="whole"]').hidden = state.from === null;
    element.querySelector('[data-act="everything"]').hidden = !(state.only || state.hide.length || state.q);
    const settings = element.querySelector("[data-settings-shown]");
    settings.dataset.settingsShown = state.settings;
    for (const chip of settings.querySelectorAll("[data-settings]")) {
      if (chip.dataset.settings === state.settings) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    }
  }

  point(active, x, where) {
    for (const chart of this.charts) {
      chart.cursor.show(x, chart === active ? { ...where, axis: this.state.x, baseline: this.baseline } : {});
    }
  }
}
