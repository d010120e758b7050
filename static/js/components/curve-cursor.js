// The cursor of one chart: a line at a place of x, and beside it what the curves are there. All charts of a page share it.

import { asNumber, deltaText, placeText, valueText, valuesAt } from "../lib/curves.js";
import { make } from "../lib/dom.js";

const KEYS = { ArrowLeft: -1, ArrowRight: 1 };
const STEPS_ACROSS = 60;

export default class CurveCursor {
  constructor(chart, { onPlace }) {
    this.chart = chart;
    this.onPlace = onPlace;
    this.line = make("div", { class: "cursor-line", hidden: true });
    this.box = make("div", { class: "cursor-box", hidden: true, "data-test": "cursor" });
    chart.figure.append(this.line, this.box);
    chart.figure.addEventListener("pointermove", (event) => this.point(event));
    chart.figure.addEventListener("pointerleave", () => this.onPlace(null));
    chart.figure.addEventListener("blur", () => this.onPlace(null));
    chart.figure.addEventListener("keydown", (event) => this.press(event));
  }

  // Where the curves are drawn, and the ranges of both axes in numbers; null before anything is.
  frame() {
    const area = this.chart.plot.querySelector(".nsewdrag")?.getBoundingClientRect();
    const { xaxis, yaxis } = this.chart.plot.layout ?? {};
    if (!area?.width || !xaxis?.range || !yaxis?.range) return null;
    return { area, across: xaxis.range.map(asNumber), up: yaxis.range.map(Number) };
  }

  point({ clientX, clientY }) {
    const frame = this.frame();
    if (!frame) return;
    const { area, across, up } = frame;
    const [right, down] = [(clientX - area.left) / area.width, (clientY - area.top) / area.height];
    if (right < 0 || right > 1 || down < 0 || down > 1) return this.onPlace(null);
    this.onPlace(across[0] + right * (across[1] - across[0]), { y: up[1] - down * (up[1] - up[0]) });
  }

  press(event) {
    const frame = this.frame();
    if (!frame || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") return this.onPlace(null);
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    const { across: [first, last], up } = frame;
    const from = this.x ?? first;
    const x = Math.min(last, Math.max(first, from + (KEYS[event.key] * (last - first)) / STEPS_ACROSS));
    this.box.setAttribute("aria-live", "polite");
    this.onPlace(x, { y: (up[0] + up[1]) / 2 });
  }

  // The line wherever somebody points; the values only in the chart that is pointed at.
  show(x, { y = null, axis, baseline } = {}) {
    this.x = x;
    const frame = x === null ? null : this.frame();
    const share = frame ? (x - frame.across[0]) / (frame.across[1] - frame.across[0]) : -1;
    const isInside = share >= 0 && share <= 1;
    this.line.hidden = !isInside;
    this.box.hidden = !isInside || y === null;
    if (!isInside) return;
    const own = this.chart.figure.getBoundingClientRect();
    const left = frame.area.left - own.left + share * frame.area.width;
    this.line.style.left = `${left}px`;
    this.line.style.top = `${frame.area.top - own.top}px`;
    this.line.style.height = `${frame.area.height}px`;
    if (y === null) return;
    this.box.classList.toggle("cursor-box-left", share > 0.5);
    this.box.replaceChildren(this.table(x, { y, axis, baseline }));
  }

  table(x, { y, axis, baseline }) {
    const { isLog } = this.chart;
    const rows = valuesAt(this.chart.drawn, x, { y: isLog ? 10 ** y : y, baseline, isLog });
    const hasDelta = rows.some(({ delta }) => delta !== null);
    return make(
      "table",
      {},
      make("caption", {}, placeText(x, axis)),
      make("thead", {}, make("tr", {}, ["", "value", "measured", ...(hasDelta ? ["to baseline"] : [])].map((text) => make("th", { class: text === "measured" ? "cursor-measured" : null }, text)))),
      make("tbody", {}, rows.map((row) => make(
        "tr",
        { "data-run": row.run },
        make("td", { class: "cursor-name" }, make("span", { class: "kind-mark", style: `background:${row.colour}` }), row.name),
        make("td", { class: "number" }, valueText(row.value)),
        make("td", { class: "number muted cursor-measured" }, row.raw === row.value ? "" : valueText(row.raw)),
        hasDelta ? make("td", { class: "number muted" }, row.run === baseline ? "baseline" : deltaText(row.delta)) : null,
      ))),
    );
  }
}
