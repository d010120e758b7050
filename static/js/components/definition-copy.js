// Copies the text of another element.

const SAID_MS = 1600;

export default class DefinitionCopy {
  constructor(element) {
    this.element = element;
    this.label = element.textContent;
    element.addEventListener("click", () => this.copy());
  }

  async copy() {
    const source = document.getElementById(this.element.dataset.target);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      this.say("Copied");
    } catch {
      // Without leave to write to the clipboard (plain http on another host) the text is chosen instead.
      getSelection().selectAllChildren(source);
      this.say("Press Ctrl+C");
    }
  }

  say(text) {
    this.element.textContent = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.element.textContent = this.label), SAID_MS);
  }
}
