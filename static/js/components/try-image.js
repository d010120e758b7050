// One picture for a run's network: its classes, where the network looks, and what its layers see.

import Camera from "../lib/camera.js";
import { make } from "../lib/dom.js";
import { predict } from "../lib/predictions.js";
import { gatherMaps, showMaps } from "../lib/seen-layers.js";

const RANKED = 10;
const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);

export default class TryImage {
  constructor(element) {
    this.element = element;
    this.parts = Object.fromEntries([...element.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.camera = new Camera(this.parts.video);
    this.rows = gatherMaps(element);
    this.listen();
    if (!Camera.isThere()) element.querySelector("[data-act=camera]").hidden = true;
    // Loading Keras and the network takes seconds: it begins before the first picture comes.
    fetch(`${element.dataset.predictions}/warm-up?weights=${element.dataset.weights}`, { method: "POST" }).catch(() => null);
    element.dataset.ready = "";
  }

  listen() {
    const { drop, file, opacity, heat } = this.parts;
    file.addEventListener("click", () => (file.value = ""));
    file.addEventListener("change", () => file.files.length && this.take(file.files[0]));
    drop.addEventListener("dragover", (event) => this.over(event, true));
    drop.addEventListener("dragleave", (event) => drop.contains(event.relatedTarget) || this.over(event, false));
    drop.addEventListener("drop", (event) => {
      this.over(event, false);
      if (event.dataTransfer.files.length) this.take(event.dataTransfer.files[0]);
    });
    document.addEventListener("paste", ({ clipboardData }) => clipboardData?.files.length && this.take(clipboardData.files[0]));
    opacity.addEventListener("input", () => (heat.style.opacity = opacity.value));
    this.parts.class.addEventListener("change", () => this.lookAgain());
    for (const button of this.element.querySelectorAll("button[data-act]")) {
      button.addEventListener("click", () => this.act(button.dataset.act));
    }
    for (const [call, row] of this.rows) row.button.addEventListener("click", () => this.turn(call, row));
    addEventListener("pagehide", () => this.camera.close());
  }

  over(event, isOver) {
    event.preventDefault();
    this.parts.drop.classList.toggle("drop-over", isOver);
  }

  act(name) {
    if (name === "camera") return this.open().catch((error) => this.fail(error));
    return name === "shoot" ? this.shoot() : this.stop();
  }

  async open() {
    this.parts.failed.hidden = true;
    this.parts.idle.hidden = true;
    this.parts.camera.hidden = false;
    try {
      await this.camera.open();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  async shoot() {
    const picture = await this.camera.shoot();
    this.stop();
    await this.take(picture);
  }

  stop() {
    this.camera.close();
    this.parts.idle.hidden = false;
    this.parts.camera.hidden = true;
  }

  // Everything at once: the answer, and a strip of every layer.
  async take(picture) {
    this.picture = picture;
    await this.trying(async (signal) => {
      const asked = { heat_map: true, layers: true, seen: true, top: RANKED, ...this.chosen() };
      const answer = await this.ask(asked, signal);
      this.show(answer);
      for (const row of this.rows.values()) row.button.setAttribute("aria-expanded", "false");
      for (const maps of answer.layers) showMaps(this.rows.get(maps.call), maps);
      this.parts.layers.hidden = false;
      // The diagram was drawn before it had a width; plots measure themselves when their window changes.
      dispatchEvent(new Event("resize"));
    });
  }

  async lookAgain() {
    if (this.picture) await this.trying(async (signal) => this.showHeat(await this.ask({ heat_map: true, ...this.chosen() }, signal)));
  }

  async turn(call, row) {
    const isOpen = row.button.getAttribute("aria-expanded") === "true";
    if (isOpen) {
      showMaps(row, row.few);
      row.button.setAttribute("aria-expanded", "false");
      return;
    }
    await this.trying(async (signal) => {
      const { layers } = await this.ask({ call, top: 1 }, signal);
      showMaps(row, layers[0], { all: true });
      row.button.setAttribute("aria-expanded", "true");
    });
  }

  chosen() {
    return this.parts.class.value ? { class: this.parts.class.value } : {};
  }

  ask(asked, signal) {
    const { predictions, weights } = this.element.dataset;
    return predict(predictions, this.picture, { ...asked, weights }, { signal });
  }

  // The newest wish counts: what was asked before is let go.
  async trying(act) {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.parts.failed.hidden = true;
    this.parts.busy.hidden = false;
    try {
      await act(asked.signal);
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
    } finally {
      if (asked === this.asked) this.parts.busy.hidden = true;
    }
  }

  fail(error) {
    this.parts.failed.textContent = error.message;
    this.parts.failed.hidden = false;
  }

  show(answer) {
    const { predicted, took, ranking, status, seen } = this.parts;
    predicted.textContent = answer.predicted ?? "nothing: its numbers are not finite";
    took.textContent = `${Math.round(answer.took_ms)} ms`;
    ranking.replaceChildren(
      ...answer.classes.map(({ class: name, probability }) =>
        make(
          "li",
          {},
          make("span", { class: "ranking-name", title: name }, name),
          make("progress", { class: "bar", value: probability ?? 0, "aria-label": `Probability of ${name}` }),
          make("span", { class: "number" }, percent(probability)),
        ),
      ),
    );
    status.textContent = `It says ${predicted.textContent}, ${percent(answer.classes[0].probability)}`;
    seen.src = answer.seen;
    this.showHeat(answer);
    this.parts.answer.hidden = false;
  }

  showHeat({ heat_map: map }) {
    const { heat, strength, "heat-text": text } = this.parts;
    const isThere = map.picture !== null;
    heat.hidden = strength.hidden = !isThere;
    if (isThere) heat.src = map.picture;
    const isDark = isThere && map.values.every((row) => row.every((value) => value === 0));
    text.textContent = !isThere
      ? map.why_none
      : isDark
        ? `Nothing that ${map.call} sees speaks for ${map.class}.`
        : `Grad-CAM: the lighter, the more that place of ${map.call} speaks for ${map.class}.`;
    heat.alt = `Heat map of ${map.class}`;
  }
}
