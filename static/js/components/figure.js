// Draws a figure that the server made as plain data; draws it again when the page is refreshed or the colours change.
// One with a name (data-name) can be saved as a picture; a long one is seen with its repeats folded (data-repeats), as a
// whole, or column by column.

import { cellAddress } from "../lib/cells.js";
import { bands } from "../lib/columns.js";
import { fileName } from "../lib/file-name.js";
import { loaded } from "../lib/loaded.js";
import { requestJson } from "../lib/http.js";
import { currentTheme, onThemeChange } from "../lib/theme.js";
import { inTurn } from "../lib/turns.js";
import FigureWalk from "./figure-walk.js";

const CONFIG = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

const VIEWS = { folded: "Repeats folded", whole: "As a whole", layers: "Layer by layer" };

export default class Figure {
  constructor(element) {
    this.element = element;
    this.plot = document.createElement("div");
    this.marked = [];
    this.view = element.dataset.repeats ?? "whole";
    this.config = element.dataset.name ? { ...CONFIG, displayModeBar: false } : CONFIG;
    onThemeChange(() => this.draw());
    document.addEventListener("diceboard:refresh", () => this.draw());
    document.addEventListener("diceboard:mark", ({ detail }) => this.mark(detail.columns));
    this.draw();
  }

  async draw() {
    if (this.isDrawing) {
      this.again = true;
      return;
    }
    this.isDrawing = true;
    try {
      await this.drawOnce();
    } catch (error) {
      this.fail(error);
    }
    this.isDrawing = false;
    if (this.again) {
      this.again = false;
      this.draw();
    }
  }

  async drawOnce() {
    const address = new URL(this.element.dataset.source, location.href);
    address.searchParams.set("theme", currentTheme());
    if (this.view === "folded") address.searchParams.set("repeats", "folded");
    this.figure = await inTurn(() => requestJson(address));
    if (!this.element.isConnected) return;
    await loaded("Plotly");
    if (!this.plot.isConnected) this.element.append(this.plot);
    await this.show();
    if (!this.element.classList.contains("figure-drawn")) this.begin();
  }

  begin() {
    const { overview, is_folded: isFolded } = this.figure.layout.meta ?? {};
    if (!isFolded && this.view === "folded") this.view = "whole";
    const views = isFolded ? ["folded", "whole", "layers"] : overview ? ["whole", "layers"] : [];
    if (this.element.dataset.name) this.element.before(this.toolbar(views));
    this.plot.on("plotly_click", ({ points }) => this.follow(points[0]));
    this.plot.on("plotly_clickannotation", () => this.turn("layers"));
    this.walk = new FigureWalk(this.element, this.plot, { onEnter: (point) => this.follow(point) });
    this.element.classList.remove("figure-failed");
    this.element.classList.add("figure-drawn");
    document.dispatchEvent(new CustomEvent("diceboard:figure-drawn"));
  }

  async show() {
    const { data, layout } = structuredClone(this.figure);
    const { overview, minimum_width: width = 0 } = layout.meta ?? {};
    const isWhole = Boolean(overview) && this.view !== "layers";
    if (isWhole) {
      Object.assign(layout.xaxis, overview.xaxis);
      for (const { line } of data) if (line) line.width = overview.line_width;
    }
    this.plot.style.minWidth = `${isWhole ? overview.minimum_width : width}px`;
    layout.font.family = getComputedStyle(this.element).fontFamily;
    this.shown = { data, layout };
    await this.react();
  }

  react() {
    const { data, layout } = this.shown;
    const { mark } = layout.meta ?? {};
    const shapes = mark ? bands(this.marked, mark) : [];
    return Plotly.react(this.plot, data, { ...layout, shapes: [...(layout.shapes ?? []), ...shapes] }, this.config);
  }

  mark(columns) {
    if (String(columns) === String(this.marked)) return;
    this.marked = columns;
    if (this.shown?.layout.meta?.mark) this.react();
  }

  follow(point) {
    const { anchor, cells } = this.shown.layout.meta ?? {};
    if (anchor) location.hash = `${anchor}${Math.round(point.x)}`;
    if (cells) location.assign(cellAddress(cells, point));
  }

  toolbar(views) {
    const bar = document.createElement("div");
    bar.className = "figure-tools";
    this.buttons = new Map(views.map((view) => [view, this.button(VIEWS[view], () => this.turn(view))]));
    bar.append(...this.buttons.values());
    this.press();
    for (const format of ["svg", "png"]) {
      bar.append(this.button(format.toUpperCase(), () => this.save(format), `Save as ${format.toUpperCase()}`));
    }
    return bar;
  }

  press() {
    for (const [view, button] of this.buttons) button.setAttribute("aria-pressed", String(view === this.view));
  }

  button(text, act, label = text) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "figure-tool", textContent: text, title: label });
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  async turn(view) {
    this.view = view;
    this.press();
    await this.draw();
    // The plot measures itself when its window changes, not when its own width does.
    dispatchEvent(new Event("resize"));
  }

  async save(format) {
    const { width, height } = this.plot.getBoundingClientRect();
    const ground = getComputedStyle(this.element.closest(".card") ?? document.body).backgroundColor;
    const { data, layout } = structuredClone(this.shown);
    await Plotly.downloadImage(
      { data, layout: { ...layout, paper_bgcolor: ground }, config: this.config },
      { format, filename: fileName(this.element.dataset.name), width, height, scale: format === "png" ? 2 : 1 },
    );
  }

  fail(error) {
    // What is drawn already stays: an old curve tells more than an error.
    if (this.element.classList.contains("figure-drawn")) return;
    this.element.dataset.failed = error.message;
    this.element.classList.add("figure-failed");
  }
}
