// A place to drop folders and archives: a worker lists and sends them, and this shows how far it is.

import { batches, chosenRoots, droppedRoots } from "../lib/folder.js";
import { UploadView } from "../lib/upload-view.js";

const LASTING = new Set(["walking", "reading", "sending", "committing"]);

export default class Upload {
  constructor(element) {
    this.element = element;
    this.view = new UploadView(element);
    this.leaving = (event) => event.preventDefault();
    for (const input of element.querySelectorAll('input[type="file"]')) {
      // The same folder can be chosen again only where the one before is forgotten, which empties the list of its files.
      input.addEventListener("click", () => (input.value = ""));
      input.addEventListener("change", () => this.take(chosenRoots(input.files)));
      if (input.files.length) this.take(chosenRoots(input.files)); // chosen before this was there
    }
    element.addEventListener("dragover", (event) => this.over(event));
    element.addEventListener("dragleave", (event) => element.contains(event.relatedTarget) || this.view.over(false));
    element.addEventListener("drop", (event) => this.drop(event));
    element.dataset.ready = "";
    for (const button of element.querySelectorAll("button[data-act]")) {
      const { act } = button.dataset;
      button.addEventListener("click", () => (act === "stop" ? this.stop() : this.worker?.postMessage({ type: act })));
    }
  }

  over(event) {
    event.preventDefault();
    this.view.over(!this.worker);
  }

  async drop(event) {
    event.preventDefault();
    this.view.over(false);
    if (!this.worker) await this.take(droppedRoots(event.dataTransfer));
  }

  async take(waiting) {
    this.start();
    const { worker } = this;
    try {
      const roots = await waiting;
      if (!roots.length) return this.end();
      for (const root of roots) await this.list(root, roots.length === 1, worker);
      worker.postMessage({ type: "begin", name: nameOf(roots), dataset: this.element.dataset.dataset || null });
    } catch (error) {
      if (worker === this.worker) this.hear({ state: "failed", message: `The folder cannot be read: ${error.message}` });
    }
  }

  start() {
    this.end();
    this.worker = new Worker(this.element.dataset.worker, { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this.hear(data));
    this.worker.addEventListener("error", () => {
      this.hear({ state: "failed", message: "The upload broke off. Load the page again and choose the folder again." });
    });
    this.hear({ state: "walking", files: 0 });
  }

  async list(root, isAlone, worker) {
    if (root.directory) worker.postMessage({ type: "folder", folder: root.directory });
    else if (root.file) worker.postMessage({ type: "archive", file: root.file, isAlone });
    else for await (const files of batches(root)) worker.postMessage({ type: "files", files });
  }

  hear(shown) {
    this.shown = { ...this.shown, ...shown };
    this.view.show(this.shown);
    if (LASTING.has(shown.state)) self.addEventListener("beforeunload", this.leaving);
    else self.removeEventListener("beforeunload", this.leaving);
    if (shown.state === "failed") this.end();
    const isOver = shown.state === "done" || (shown.state === "kept" && !shown.rejected.files);
    if (isOver) location.assign(`/datasets/${this.shown.dataset}`);
  }

  stop() {
    const { dataset, sent } = this.shown;
    this.end();
    const kept = dataset && sent.files ? "What has arrived is kept: choose the same folder again to go on." : "Nothing was kept.";
    this.hear({ state: "stopped", message: `Stopped. ${kept}` });
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
  }
}

function nameOf(roots) {
  const names = roots.map(({ name, file }) => (file ? name.replace(/(\.tar)?\.[^.]+$/, "") : name));
  const more = names.length > 2 ? ` and ${names.length - 2} more` : "";
  return `${names.slice(0, 2).join(", ").slice(0, 180)}${more}`;
}
