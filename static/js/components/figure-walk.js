// A figure that has the focus, walked by the keyboard: from one of its points (a trace with meta "walk") to the next, told
// as its hover label tells it, to eyes and ears.

const KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export default class FigureWalk {
  constructor(element, plot, { onEnter }) {
    Object.assign(this, { element, plot, onEnter, at: -1 });
    this.said = Object.assign(document.createElement("p"), { className: "hidden" });
    this.said.setAttribute("role", "status");
    element.after(this.said);
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("blur", () => this.leave());
  }

  get points() {
    const traces = (this.plot.data ?? []).flatMap((trace, curve) => (trace.meta === "walk" ? [[trace, curve]] : []));
    const points = traces.flatMap(([trace, curveNumber]) =>
      trace.x.map((x, pointNumber) => ({ x, y: trace.y[pointNumber], curveNumber, pointNumber, told: trace.customdata[pointNumber] })),
    );
    return points.sort((one, other) => one.x - other.x || one.y - other.y);
  }

  key(event) {
    if (event.target !== this.element || event.altKey || event.ctrlKey || event.metaKey) return;
    const { points } = this;
    if (event.key === "Escape") this.leave();
    if (event.key === "Enter" && points[this.at]) this.onEnter(points[this.at]);
    if (!(event.key in KEYS) || !points.length) return;
    event.preventDefault();
    this.at = Math.min(Math.max(this.at + KEYS[event.key], 0), points.length - 1);
    this.show(points[this.at]);
  }

  show({ x, curveNumber, pointNumber, told }) {
    const [first, last] = this.plot.layout.xaxis.range;
    const { scrollWidth, clientWidth } = this.element;
    this.element.scrollLeft = ((x - first) / (last - first)) * scrollWidth - clientWidth / 2;
    Plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber }]);
    this.said.textContent = told.map(plain).filter(Boolean).join(", ");
  }

  leave() {
    if (this.at >= 0 && this.plot.isConnected) Plotly.Fx.unhover(this.plot);
    this.at = -1;
    this.said.textContent = "";
  }
}

// What a label has as markup, as the words in it.
function plain(markup) {
  return new DOMParser().parseFromString(String(markup).replaceAll("<br>", " "), "text/html").body.textContent.trim();
}
