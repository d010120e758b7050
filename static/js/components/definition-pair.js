// Two boxes ticked, and the button that compares them can be pressed.

export default class DefinitionPair {
  constructor(form) {
    this.form = form;
    this.button = form.querySelector("button");
    this.said = form.querySelector('[role="status"]');
    for (const box of this.boxes) box.addEventListener("change", () => this.show());
    this.show();
  }

  get boxes() {
    return [...this.form.elements].filter(({ type }) => type === "checkbox");
  }

  show() {
    const count = this.boxes.filter(({ checked }) => checked).length;
    this.button.disabled = count !== 2;
    this.said.textContent = count > 2 ? "Two at a time: untick some." : count === 1 ? "One more." : count ? "" : "Choose two to see why they differ.";
  }
}
