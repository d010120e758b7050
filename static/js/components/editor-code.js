// The code of a draft, in any style; what is typed into it is read back into the draft.

const SETTLE_MS = 350;

export default class EditorCode {
  constructor(element, { onCode, style, onStyle }) {
    this.element = element;
    this.onCode = onCode;
    this.onStyle = onStyle;
    this.text = element.querySelector("textarea");
    this.gutter = element.querySelector(".gutter");
    this.said = element.querySelector(".code-problems");
    this.buttons = [...element.querySelectorAll("[data-style]")];
    this.texts = {};
    this.bad = new Map();
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("blur", () => this.refresh());
    this.text.addEventListener("scroll", () => (this.gutter.scrollTop = this.text.scrollTop));
    for (const button of this.buttons) button.addEventListener("click", () => this.choose(button.dataset.style));
    this.style = style;
  }

  choose(style) {
    this.style = style;
    this.onStyle(style);
    this.isTyped = false;
    this.refresh();
  }

  // `isTyped` text that could not be read yet stays, whatever else changes.
  show(texts) {
    this.texts = texts;
    for (const button of this.buttons) button.disabled = texts[button.dataset.style] === null;
    if (texts[this.style] === null) this.style = "functional";
    if (document.activeElement !== this.text && !this.isBroken) this.refresh();
  }

  refresh() {
    if (this.isTyped && this.isBroken) return;
    this.isTyped = this.isBroken = false;
    this.text.value = this.texts[this.style] ?? "";
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.style === this.style));
    this.problems([]);
  }

  typed() {
    this.isTyped = true;
    this.number();
    this.onCode(this.text.value, SETTLE_MS);
  }

  // An answer to what was typed: whether it could be read, and what was not understood.
  problems(problems, { isBroken = false } = {}) {
    this.isBroken = isBroken;
    this.bad = new Map(problems.filter(({ line }) => line).map(({ line, message }) => [line, message]));
    this.said.replaceChildren(...problems.map((problem) => this.problem(problem)));
    this.said.hidden = !problems.length;
    this.text.setAttribute("aria-invalid", String(isBroken));
    this.number();
  }

  problem({ line, message }) {
    const item = document.createElement("li");
    item.textContent = line ? `Line ${line}: ${message}` : message;
    return item;
  }

  number() {
    const count = this.text.value.split("\n").length;
    const lines = Array.from({ length: count }, (_, place) => {
      const line = document.createElement("span");
      line.textContent = String(place + 1);
      if (this.bad.has(place + 1)) line.className = "line-bad";
      return line;
    });
    this.gutter.replaceChildren(...lines);
    this.gutter.scrollTop = this.text.scrollTop;
  }
}
