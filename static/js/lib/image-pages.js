// The images of a wall by position, fetched in pages; the pages that were not looked at for longest are forgotten.

import { requestJson } from "./http.js";

export const PAGE = 200;
const MOST_PAGES = 12;

export default class ImagePages {
  constructor(address, arrived) {
    this.address = address;
    this.arrived = arrived;
    this.pages = new Map();
    this.asked = new Map();
  }

  at(position) {
    const number = Math.floor(position / PAGE);
    const page = this.pages.get(number);
    if (!page) return null;
    this.pages.delete(number);
    this.pages.set(number, page);
    return page[position % PAGE] ?? null;
  }

  // Fetch what is seen from `first` to `last` and is not here; what was scrolled past meanwhile is given up.
  want(first, last) {
    const numbers = new Set();
    for (let number = Math.floor(first / PAGE); number * PAGE < last; number += 1) numbers.add(number);
    for (const [number, asked] of this.asked) if (!numbers.has(number)) asked.abort();
    for (const number of numbers) if (!this.pages.has(number) && !this.asked.has(number)) this.fetch(number);
  }

  async fetch(number) {
    const asked = new AbortController();
    this.asked.set(number, asked);
    const address = new URL(this.address, location.href);
    address.searchParams.set("limit", PAGE);
    if (number) address.searchParams.set("cursor", number * PAGE);
    try {
      const { items } = await requestJson(address, { signal: asked.signal });
      this.pages.set(number, items);
      while (this.pages.size > MOST_PAGES) this.pages.delete(this.pages.keys().next().value);
    } catch (error) {
      if (error.name !== "AbortError") this.failed = error;
    } finally {
      if (this.asked.get(number) === asked) this.asked.delete(number);
    }
    if (this.pages.has(number)) this.arrived();
  }
}
