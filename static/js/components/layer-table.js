// Parts of a page that links and forms marked `data-partial` change in place; the address always says what is shown.

const SETTLE_MS = 180;

export default class LayerTable {
  constructor(element) {
    this.element = element;
    element.addEventListener("click", (event) => this.click(event));
    element.addEventListener("submit", (event) => this.changed(event, 0));
    element.addEventListener("change", (event) => event.target.matches("[type=search], [type=number]") || this.changed(event, 0));
    element.addEventListener("input", (event) => event.target.matches("[type=search], [type=number]") && this.changed(event, SETTLE_MS));
    // What was typed before this module was here counts too.
    const typed = [...element.querySelectorAll("[type=search], [type=number]")].find((input) => input.value !== input.defaultValue);
    typed?.dispatchEvent(new Event("input", { bubbles: true }));
  }

  click(event) {
    const link = event.target.closest("a[data-partial]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    this.go(new URL(link.href));
  }

  changed(event, after) {
    const form = event.target.closest("form[data-partial]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.go(this.addressOf(form)), after);
  }

  // What the form says, and what the address says that the form does not know.
  addressOf(form) {
    const address = new URL(location.href);
    const elements = [...form.elements].filter(({ name }) => name);
    const usual = new Set(elements.filter(({ dataset, value }) => dataset.usual === value).map(({ name }) => name));
    const boxes = elements.filter(({ name }) => name === "columns");
    if (!address.searchParams.has("columns") && boxes.every((box) => box.checked === box.defaultChecked)) usual.add("columns");
    for (const { name } of elements) address.searchParams.delete(name);
    for (const [name, value] of new FormData(form)) {
      if (value !== "" && !usual.has(name)) address.searchParams.append(name, value);
    }
    address.hash = "";
    return address;
  }

  async go(address) {
    const number = (this.asked = (this.asked ?? 0) + 1);
    const response = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    if (number !== this.asked) return;
    if (!response?.ok) {
      location.assign(address);
      return;
    }
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (number !== this.asked) return;
    address.hash = "";
    history.replaceState(history.state, "", address);
    this.put(fresh);
  }

  put(fresh) {
    const active = document.activeElement?.closest("[data-key]")?.dataset.key;
    for (const part of this.element.querySelectorAll("[data-part]")) {
      const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!next || next.innerHTML === part.innerHTML) continue;
      const scrolled = part.querySelector(".scroll")?.scrollLeft ?? 0;
      part.replaceChildren(...document.adoptNode(next).childNodes);
      part.querySelector(".scroll")?.scrollTo(scrolled, 0);
      part.dispatchEvent(new Event("diceboard:added", { bubbles: true }));
    }
    if (active) this.element.querySelector(`[data-key="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
  }
}
