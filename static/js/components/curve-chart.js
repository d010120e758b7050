// One chart of a comparison: a metric of all runs. The server downsamples for the range that is shown and is asked again
// where somebody zooms in; smoothing, hiding and scales are done here at once.

import { asNumber, constantRange, drawnTraces, merged, usualRange } from "../lib/curves.js";
import { make } from "../lib/dom.js";
import { loaded } from "../lib/loaded.js";
import { fileName } from "../lib/file-name.js";
import { requestJson } from "../lib/http.js";
import { currentTheme } from "../lib/theme.js";
import { inTurn } from "../lib/turns.js";
import CurveCursor from "./curve-cursor.js";

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset" };
const POINTS_OF_ALL = 20_000;
const [FEWEST, MOST] = [200, 1_200];

const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

// The browser paints each chart before the next is computed: the first is seen while the others are still to come.
let turn = Promise.resolve();
function oneAtATime(act) {
  const done = turn.then(() => loaded("Plotly")).then(act);
  turn = done.catch(() => {}).then(painted);
  return done;
}

export default class CurveChart {
  // `isSeen` until the browser has told where it is.
  constructor(element, { runs, isSeen, onZoom, onPlace, onLog }) {
    this.element = element;
    this.isSeen = isSeen;
    this.metric = element.dataset.metric;
    this.runs = runs;
    this.onZoom = onZoom;
    this.figure = element.querySelector(".curve-figure");
    this.plot = make("div");
    this.figure.append(this.plot);
    this.drawn = [];
    this.cursor = new CurveCursor(this, { onPlace: (x, where) => onPlace(this, x, where) });
    element.querySelector("[data-log]").addEventListener("click", () => onLog(this.metric));
    for (const button of element.querySelectorAll("[data-save]")) button.addEventListener("click", () => this.save(button.dataset.save));
    new IntersectionObserver(([{ isIntersecting }]) => this.see(isIntersecting), { rootMargin: "200px" }).observe(element);
  }

  get isLog() {
    return this.view?.state.log.includes(this.metric) ?? false;
  }

  see(isSeen) {
    this.isSeen = isSeen;
    if (isSeen && this.view) this.update();
  }

  // What is to be shown now. A chart out of sight asks for nothing until somebody scrolls to it.
  take(view) {
    this.view = view;
    this.element.querySelector("[data-log]").setAttribute("aria-pressed", String(this.isLog));
    for (const link of this.element.querySelectorAll("[data-export]")) link.href = this.address("series", { format: link.dataset.export });
    if (this.isSeen) this.update();
  }

  // Fetched again although nothing else is asked for: there is more to show.
  refresh() {
    this.asked = null;
    if (this.isSeen) this.update();
  }

  // In the colours of now, also where nobody looks: a page is printed, or pictured, as a whole.
  recolour() {
    if (this.found) this.update();
  }

  address(what, more = {}) {
    const { state, drawn } = this.view;
    const runs = what === "series" || state.group ? this.runs.filter((id) => drawn.has(id)) : this.runs;
    const address = new URL(`/api/v1/comparisons/${what}`, location.href);
    const values = { runs: runs.join(","), metric: this.metric, x: state.x, x_from: state.from, x_to: state.to, group: what === "figure" ? state.group || null : null, ...more };
    for (const [name, value] of Object.entries(values)) if (value !== null) address.searchParams.set(name, value);
    return address.href;
  }

  async update() {
    const points = Math.min(MOST, Math.max(FEWEST, Math.round(POINTS_OF_ALL / this.runs.length)));
    const wanted = this.address("figure", { max_points: points, theme: currentTheme() });
    if (wanted === this.asked) return this.received === wanted && this.draw();
    this.asked = wanted;
    // The browser runs it while the server computes; whether that went well is asked where it is used.
    loaded("Plotly").catch(() => {});
    try {
      // Until its turn comes, something else may be wanted.
      const found = await inTurn(() => (wanted === this.asked ? requestJson(wanted) : null));
      if (wanted !== this.asked) return;
      this.received = wanted;
      this.found = found;
      await this.draw();
    } catch (error) {
      this.fail(error);
    }
  }

  async draw() {
    const { state, drawn, marked } = this.view;
    this.drawn = drawnTraces(this.found.data, { drawn, marked, smooth: state.smooth });
    const layout = structuredClone(this.found.layout);
    layout.font.family = getComputedStyle(this.element).fontFamily;
    const scale = state.x === "wall" ? 1000 : 1;
    if (state.from !== null && state.to !== null) layout.xaxis.range = [state.from * scale, state.to * scale];
    if (this.isLog) layout.yaxis.type = "log";
    const columns = this.drawn.filter(({ raw }) => raw).map(({ y }) => y);
    const range = state.outliers ? usualRange(columns, { isLog: this.isLog }) : this.isLog ? null : constantRange(columns);
    if (range) layout.yaxis.range = range;
    await oneAtATime(() => Plotly.react(this.plot, merged(this.drawn), layout, CONFIG));
    if (!this.figure.classList.contains("figure-drawn")) this.begin();
    this.element.dataset.points = String(Math.max(0, ...this.drawn.map(({ x }) => x.length)));
    this.element.dataset.lines = String(this.drawn.filter(({ raw }) => raw).length);
  }

  begin() {
    this.plot.on("plotly_relayout", (changes) => this.zoomed(changes));
    this.figure.classList.remove("figure-failed");
    this.figure.classList.add("figure-drawn");
  }

  zoomed(changes) {
    if (changes["xaxis.autorange"]) return this.onZoom(null, null);
    const range = changes["xaxis.range"] ?? [changes["xaxis.range[0]"], changes["xaxis.range[1]"]];
    if (range[0] === undefined) return;
    const scale = this.view.state.x === "wall" ? 1000 : 1;
    this.onZoom(...range.map((place) => Number((asNumber(place) / scale).toPrecision(12))));
  }

  async save(format) {
    const { width, height } = this.plot.getBoundingClientRect();
    const paper = getComputedStyle(this.element).backgroundColor;
    const layout = { ...this.plot.layout, paper_bgcolor: paper, showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom" }, margin: { ...this.plot.layout.margin, t: 60 } };
    const data = this.drawn.map((trace) => ({ ...trace, showlegend: Boolean(trace.raw) }));
    const options = { format, filename: fileName(this.element.dataset.title), width, height: height + 60, scale: format === "png" ? 2 : 1 };
    await Plotly.downloadImage({ data, layout, config: CONFIG }, options);
  }

  fail(error) {
    this.asked = null;
    // What is drawn already stays: an old curve tells more than an error.
    if (this.figure.classList.contains("figure-drawn")) return;
    this.figure.dataset.failed = error.message;
    this.figure.classList.add("figure-failed");
  }
}
