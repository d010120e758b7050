// Rows of the editor carried by mouse, pen or finger to another place: a line shows where they would come, Escape lets go.

import { make } from "../lib/dom.js";

const STARTS_AFTER = 5;
const EDGE = 40;
const FASTEST = 14;

export default class EditorDrag {
  constructor(body, { onLift, onDrop, label }) {
    Object.assign(this, { body, onLift, onDrop, label });
    this.scroller = body.closest(".editor-scroll");
    body.addEventListener("pointerdown", (event) => this.press(event));
    body.addEventListener("pointermove", (event) => this.move(event));
    body.addEventListener("pointerup", () => this.release());
    body.addEventListener("pointercancel", () => this.end());
    addEventListener("keydown", (event) => this.key(event), { capture: true });
  }

  // A finger scrolls the list unless it takes a row by its grip.
  press(event) {
    const row = event.target.closest("tr");
    const isGrip = event.target.closest(".grip") !== null;
    const isHeld = event.isPrimary && event.button === 0 && !event.shiftKey && !event.ctrlKey && !event.metaKey;
    if (!row?.querySelector(".grip") || !isHeld || (event.pointerType === "touch" && !isGrip)) return;
    this.pressed = { id: row.dataset.id, x: event.clientX, y: event.clientY, pointer: event.pointerId };
  }

  move({ clientX: x, clientY: y, pointerId }) {
    if (this.pressed?.pointer !== pointerId) return;
    this.at = { x, y };
    if (!this.ids && Math.hypot(x - this.pressed.x, y - this.pressed.y) >= STARTS_AFTER) this.lift();
    if (this.ids) this.follow();
  }

  lift() {
    this.ids = this.onLift(this.pressed.id);
    this.body.setPointerCapture(this.pressed.pointer);
    this.body.classList.add("rows-carrying");
    for (const row of this.body.children) row.classList.toggle("row-carried", this.ids.has(row.dataset.id));
    this.ghost = make("div", { class: "drag-ghost", "aria-hidden": "true" });
    document.body.append(this.ghost);
    this.frame = requestAnimationFrame(() => this.scroll());
  }

  follow() {
    const target = this.rowAbove(this.at.y);
    this.target = target && this.isElsewhere(target) ? target.dataset.id : null;
    for (const row of this.body.children) {
      row.classList.toggle("drop-below", row.dataset.id === this.target);
      row.classList.toggle("row-carried", this.ids.has(row.dataset.id));
    }
    this.ghost.textContent = this.label(this.ids, this.target);
    const left = Math.min(this.at.x + 14, innerWidth - this.ghost.offsetWidth - 8);
    this.ghost.style.translate = `${left}px ${this.at.y + 12}px`;
  }

  // The row behind which they would come; there is always an input before the first layer.
  rowAbove(y) {
    const rows = [...this.body.children];
    const above = rows.filter((row) => middleOf(row) <= y).at(-1) ?? rows[0];
    return above.querySelector(".grip") ? above : rows.filter((row) => !row.querySelector(".grip")).at(-1);
  }

  isElsewhere(row) {
    return !this.ids.has(row.dataset.id) && !this.ids.has(row.nextElementSibling?.dataset.id);
  }

  // Near an edge of what can be seen the list scrolls, and the page where the list is longer than the window.
  scroll() {
    if (!this.ids) return;
    const { top, bottom } = this.scroller.getBoundingClientRect();
    const up = this.at.y - Math.max(top, 0) - EDGE;
    const down = this.at.y - Math.min(bottom, innerHeight) + EDGE;
    const by = up < 0 ? up : down > 0 ? down : 0;
    if (by) {
      const step = Math.sign(by) * Math.min(FASTEST, Math.ceil(Math.abs(by) / 3));
      const before = this.scroller.scrollTop;
      this.scroller.scrollTop += step;
      if (this.scroller.scrollTop === before) scrollBy(0, step);
      this.follow();
    }
    this.frame = requestAnimationFrame(() => this.scroll());
  }

  release() {
    const { ids, target } = this;
    this.end();
    if (ids && target) this.onDrop(ids, target);
  }

  key(event) {
    if (event.key !== "Escape" || !this.ids) return;
    event.preventDefault();
    event.stopPropagation();
    this.end();
  }

  end() {
    if (this.ids) {
      cancelAnimationFrame(this.frame);
      this.ghost.remove();
      this.body.releasePointerCapture(this.pressed.pointer);
      this.body.classList.remove("rows-carrying");
      for (const row of this.body.children) row.classList.remove("drop-below", "row-carried");
    }
    this.pressed = this.ids = this.target = null;
  }
}

function middleOf(row) {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}
