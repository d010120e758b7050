// Shows what the chosen runs will take, as the server tells it, whenever the form around it has changed.

const SETTLE_MS = 350;

export default class TrainingPlan {
  constructor(element) {
    this.element = element;
    this.form = element.closest("form");
    this.form.addEventListener("input", () => this.soon());
    this.soon();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), SETTLE_MS);
  }

  async ask() {
    this.asked?.abort();
    this.asked = new AbortController();
    try {
      const response = await fetch(this.element.dataset.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(this.form)),
        headers: { Accept: "text/html", "X-Part": "plan" },
        signal: this.asked.signal,
      });
      if (response.ok) this.put(new DOMParser().parseFromString(await response.text(), "text/html").body);
    } catch (error) {
      if (error.name !== "AbortError") this.say("The server is away; this is told again with the next change.");
    }
  }

  put(fresh) {
    const text = fresh.innerText;
    if (this.shown === fresh.innerHTML) return;
    this.shown = fresh.innerHTML;
    this.element.replaceChildren(...fresh.childNodes);
    if (text) this.element.dispatchEvent(new CustomEvent("diceboard:added", { bubbles: true }));
  }

  say(text) {
    const paragraph = document.createElement("p");
    paragraph.className = "muted";
    paragraph.textContent = text;
    this.element.replaceChildren(paragraph);
    this.shown = null;
  }
}
