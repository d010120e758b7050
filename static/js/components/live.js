// Keeps a page as the server would render it now: events (or a clock) tell when to ask, and what changed is put in place.

import { subscribe } from "../lib/events.js";

const SETTLE_MS = 250;
const SCROLLING = ".scroll, .log";

export default class Live {
  constructor(element) {
    this.element = element;
    this.shown = new Map(this.parts(document).map((part) => [part.dataset.live, part.outerHTML]));
    const runs = element.dataset.runs?.split(",").filter(Boolean) ?? [];
    if (runs.length) this.unsubscribe = subscribe(runs, () => this.soon(SETTLE_MS));
    this.soon(this.every);
    document.addEventListener("visibilitychange", () => document.hidden || this.soon(0));
  }

  get every() {
    return Number(this.element.dataset.every ?? 5000);
  }

  parts(root) {
    return [...root.querySelectorAll("[data-live]")];
  }

  soon(milliseconds) {
    const due = performance.now() + milliseconds;
    if (this.timer && this.due <= due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.refresh(), milliseconds);
  }

  async refresh() {
    this.timer = null;
    if (this.ended) return;
    if (document.hidden) return;
    const fresh = await this.fetched();
    if (fresh) this.put(fresh);
    if (!this.ended) this.soon(this.every);
  }

  async fetched() {
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (response.redirected || response.status === 404) {
        this.end();
        location.reload(); // signed out, or what the page is of is gone: the server says so
      }
      if (!response.ok) return null;
      return new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      return null; // the server is away: what is shown stays, and it is asked again
    }
  }

  put(fresh) {
    const old = new Map(this.parts(document).map((part) => [part.dataset.live, part]));
    let isBehind = false;
    for (const part of this.parts(fresh)) {
      const key = part.dataset.live;
      const html = part.outerHTML;
      if (this.shown.get(key) === html || !old.has(key)) continue;
      if (this.isInUse(old.get(key))) {
        isBehind = true;
        continue;
      }
      this.shown.set(key, html);
      this.replace(old.get(key), document.adoptNode(part));
      part.dispatchEvent(new Event("diceboard:added", { bubbles: true }));
    }
    document.dispatchEvent(new Event("diceboard:refresh"));
    const next = fresh.querySelector('[data-module="live"]');
    if (!next && !isBehind) this.end();
  }

  // Who has scrolled in a table or the log stays where they are.
  replace(old, part) {
    const places = [...old.querySelectorAll(SCROLLING)].map(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
    old.replaceWith(part);
    [...part.querySelectorAll(SCROLLING)].forEach((box, number) => places[number] && box.scrollTo(...places[number]));
  }

  // What somebody is choosing in, typing into or about to confirm is left alone until they are done.
  isInUse(part) {
    return part.contains(document.activeElement) || part.querySelector("details[open], input:checked") !== null;
  }

  end() {
    this.ended = true;
    this.unsubscribe?.();
  }
}
