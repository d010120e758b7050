// The wall of thumbnails: however many images there are, only those that can be seen are in the document.

import { putInAddress } from "../lib/address.js";
import { make } from "../lib/dom.js";
import { whole } from "../lib/format.js";
import ImagePages from "../lib/image-pages.js";
import { gridOf, moved, placeOf, ROW_HEIGHT, topmost, visible } from "../lib/wall-grid.js";

const SETTLE_MS = 120;

export default class Wall {
  constructor(element) {
    this.element = element;
    const form = element.querySelector("form");
    form.classList.add("wall-live-filter");
    form.addEventListener("change", () => form.requestSubmit());
    this.wall = element.querySelector("[data-part=wall]");
    if (!this.wall) return;
    this.place = element.querySelector("[data-part=place]");
    this.list = this.wall.querySelector("ul");
    this.items = new Map();
    this.total = Number(element.dataset.total);
    this.current = Number(element.dataset.at);
    const { images, kept } = element.dataset;
    this.pages = new ImagePages(kept ? `${images}?${kept}` : images, () => this.show());
    this.begin();
  }

  begin() {
    this.element.querySelector("[data-part=pages]").hidden = true;
    this.wall.classList.add("wall-live");
    // Images are reached one by one with the arrow keys; the wall itself is no stop on the way.
    this.wall.removeAttribute("tabindex");
    this.list.replaceChildren();
    this.measure(this.current);
    this.wall.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.wall.addEventListener("keydown", (event) => this.press(event));
    this.wall.addEventListener("focusin", ({ target }) => this.focused(target));
    new ResizeObserver(() => this.measure(topmost(this.grid, this.wall.scrollTop))).observe(this.wall);
  }

  // Laid out anew for the width that there is, with the same image on top.
  measure(top) {
    const width = this.list.clientWidth;
    if (!width || width === this.width) return this.show();
    this.width = width;
    this.grid = gridOf(width, this.total);
    this.list.style.height = `${this.grid.height}px`;
    for (const [position, item] of this.items) this.put(item, position);
    this.wall.scrollTop = placeOf(this.grid, top).top;
    this.show();
  }

  scrolled() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.show();
    });
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settled(), SETTLE_MS);
  }

  settled() {
    const top = topmost(this.grid, this.wall.scrollTop);
    putInAddress({ at: top ? String(top) : null });
    this.element.dispatchEvent(new CustomEvent("diceboard:settled"));
  }

  show() {
    const { first, last } = visible(this.grid, this.wall.scrollTop, this.wall.clientHeight);
    const focused = this.list.contains(document.activeElement) ? this.current : null;
    for (const [position, item] of this.items) {
      if ((position < first || position >= last) && position !== focused) this.drop(position, item);
    }
    for (let position = first; position < last; position += 1) this.fill(position);
    if (!this.items.has(this.current)) this.setCurrent(topmost(this.grid, this.wall.scrollTop));
    this.tell();
    clearTimeout(this.wanting);
    // While somebody drags through thousands of images, none of those in between is asked for.
    this.wanting = setTimeout(() => this.pages.want(first, last), this.pages.at(first) ? 0 : 40);
  }

  drop(position, item) {
    item.remove();
    this.items.delete(position);
  }

  fill(position) {
    let item = this.items.get(position);
    if (!item) {
      item = this.make(position);
      this.items.set(position, item);
      this.put(item, position);
      this.list.append(item);
    }
    const image = this.pages.at(position);
    if (image && !item.dataset.digest) this.fillIn(item, image, position);
  }

  make(position) {
    const attributes = { class: "wall-item", "aria-posinset": position + 1, "aria-setsize": this.total };
    const link = make("a", { tabindex: position === this.current ? 0 : -1 });
    link.append(make("img", { width: 96, height: 96, alt: "", decoding: "async" }), make("span", { class: "wall-text" }, "\u00a0"));
    return make("li", attributes, link);
  }

  fillIn(item, image, position) {
    const { images, page, kept } = this.element.dataset;
    const [link] = item.children;
    const [picture, text] = link.children;
    item.dataset.digest = image.digest;
    link.href = `${page}/${image.digest}?${kept ? `${kept}&` : ""}at=${position}`;
    link.title = image.path;
    picture.alt = image.path;
    picture.src = `${images}/${image.digest}?size=96`;
    text.replaceChildren(`${image.class_name} `, make("span", { class: "muted" }, image.split));
  }

  put(item, position) {
    const { left, top } = placeOf(this.grid, position);
    item.style.transform = `translate(${left}px, ${top}px)`;
    item.style.width = `${this.grid.cell}px`;
  }

  tell() {
    const from = Math.min(this.total, Math.floor(this.wall.scrollTop / ROW_HEIGHT) * this.grid.columns + 1);
    const to = Math.min(this.total, Math.ceil((this.wall.scrollTop + this.wall.clientHeight) / ROW_HEIGHT) * this.grid.columns);
    this.place.textContent = `${whole(from)} to ${whole(to)} of ${whole(this.total)}`;
  }

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const seen = Math.max(1, Math.floor(this.wall.clientHeight / ROW_HEIGHT));
    const position = moved(this.grid, this.current, event.key, seen);
    if (position === null) return;
    event.preventDefault();
    this.setCurrent(position);
    this.reveal(position);
    this.show();
    this.items.get(position)?.firstElementChild.focus({ preventScroll: true });
  }

  reveal(position) {
    const { top } = placeOf(this.grid, position);
    const { scrollTop, clientHeight } = this.wall;
    if (top < scrollTop) this.wall.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) this.wall.scrollTop = top + ROW_HEIGHT - clientHeight;
  }

  focused(target) {
    const item = target.closest("li");
    if (item) this.setCurrent(Number(item.getAttribute("aria-posinset")) - 1);
  }

  setCurrent(position) {
    this.items.get(this.current)?.firstElementChild.setAttribute("tabindex", "-1");
    this.current = position;
    this.items.get(position)?.firstElementChild.setAttribute("tabindex", "0");
  }
}
