// How an upload looks in each of its states. Text is only ever text; the live region speaks at changes and quarters.

import { make } from "./dom.js";
import { bytes, whole } from "./format.js";
import { Rate } from "./rate.js";

const SHOWN_CLASSES = 12;
const SPLITS = { train: "Training", validation: "Validation", test: "Test", open: "Images" };
const IDLE = new Set(["failed", "stopped"]);
const OVER = new Set(["committing", "kept", "done"]);
const TITLES = {
  walking: "Looking through the folder",
  reading: "Seeing what is in it",
  problem: "This makes no dataset yet",
  sending: "Sending",
  ready: "Everything has arrived",
  committing: "Everything has arrived",
  kept: "Everything has arrived",
  done: "Everything has arrived",
};

export class UploadView {
  constructor(element) {
    this.element = element;
    this.rate = new Rate();
  }

  part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  over(isOver) {
    this.element.classList.toggle("drop-over", isOver);
  }

  show(shown) {
    const isIdle = IDLE.has(shown.state);
    this.part("idle").hidden = !isIdle;
    this.part("busy").hidden = isIdle;
    this.part("failed").hidden = !isIdle;
    this.part("failed").textContent = isIdle ? shown.message : "";
    this.part("failed").className = `callout callout-${shown.state === "stopped" ? "note" : "bad"}`;
    if (isIdle) return;
    const title = shown.isPaused ? "Paused" : shown.trouble ? "Waiting to go on" : TITLES[shown.state];
    this.part("title").textContent = title;
    this.bar(shown);
    this.part("text").textContent = textOf(shown, this.rate);
    this.trouble(shown);
    this.buttons(shown);
    this.layout(shown);
    this.speak(title, shown);
  }

  bar({ state, sent, bytes: size }) {
    const bar = this.part("bar");
    if (state === "walking" || state === "reading") bar.removeAttribute("value");
    else bar.value = size ? Math.min(1, sent.bytes / size) : 1;
  }

  trouble({ trouble }) {
    const words = trouble === "offline" ? "The server cannot be reached. It goes on by itself as soon as that works again." : trouble;
    this.part("trouble").hidden = !trouble;
    this.part("trouble").textContent = words ?? "";
  }

  buttons({ state, isPaused, dataset }) {
    const shown = { pause: state === "sending" && !isPaused, "go-on": isPaused, send: state === "problem", commit: state === "ready" };
    for (const button of this.element.querySelectorAll("button[data-act]")) {
      button.hidden = !(shown[button.dataset.act] ?? !OVER.has(state));
    }
    this.part("link").hidden = state !== "kept";
    if (dataset) this.part("link").href = `/datasets/${dataset}`;
  }

  layout(shown) {
    const key = JSON.stringify([shown.layout, shown.rejected, shown.skipped, shown.others, shown.gone, shown.state === "sending"]);
    if (key === this.laidOut) return;
    this.laidOut = key;
    this.part("layout").replaceChildren(...layoutOf(shown), ...notesOf(shown));
  }

  speak(title, { state, sent, bytes: size }) {
    const quarter = state === "sending" && size ? Math.floor((4 * sent.bytes) / size) : 0;
    const words = quarter ? `${title}: ${quarter * 25} %` : title;
    if (words !== this.part("status").textContent) this.part("status").textContent = words;
  }
}

function textOf({ state, files, bytes: size, sent, before, isPaused, trouble }, rate) {
  if (state === "walking") return `${whole(files)} images found`;
  if (state === "reading") return `${whole(files)} images`;
  if (state === "problem") return `${whole(files)} images, ${bytes(size)}. Nothing has been sent.`;
  if (state !== "sending") return `${whole(sent.files)} files, ${bytes(size)}`;
  const parts = [`${whole(sent.files)} of ${whole(files)} files`, `${bytes(sent.bytes)} of ${bytes(size)}`];
  const speed = isPaused || trouble ? rate.stop() : rate.at(performance.now() / 1000, sent.bytes, size);
  if (speed) parts.push(`${bytes(speed.perSecond)}/s`, speed.left);
  else if (before && !sent.bytes) parts.push("going on");
  return parts.join(" · ");
}

function layoutOf({ layout }) {
  if (!layout) return [];
  if (layout.problem) return [make("p", { class: "callout callout-warn" }, layout.problem)];
  const splits = Object.entries(layout.splits);
  const head = make("tr", {}, make("th", {}, "Class"), splits.map(([split]) => make("th", { class: "number" }, SPLITS[split])));
  const rows = layout.classes.slice(0, SHOWN_CLASSES).map((name) =>
    make("tr", {}, make("td", { class: "name" }, name), splits.map(([, counts]) => make("td", { class: "number" }, whole(counts[name] ?? 0)))),
  );
  const more = layout.classes.length - rows.length;
  const from = layout.kind === "table" ? `as ${layout.tables.join(", ")} says` : "one per folder";
  const open = "open" in layout.splits ? " They are divided 70/15/15 into training, validation and test." : "";
  return [
    make("p", {}, `${whole(layout.classes.length)} classes, ${from}.${open}`),
    make("table", { class: "upload-classes" }, make("thead", {}, head), make("tbody", {}, rows)),
    more > 0 ? make("p", { class: "muted" }, `and ${whole(more)} more classes`) : "",
  ];
}

function notesOf({ layout, rejected, skipped, others, before, gone }) {
  const notes = [];
  const files = (count) => `${whole(count)} file${count === 1 ? "" : "s"}`;
  if (before) notes.push(`${files(before)} had arrived before and ${before === 1 ? "is" : "are"} not sent again.`);
  if (gone?.files) {
    notes.push(`${files(gone.files)} had arrived before and ${gone.files === 1 ? "is" : "are"} not in this folder any more: ${gone.examples.join(", ")}${gone.files > 3 ? ", …" : ""}. They stay in the dataset; stop, and delete the unfinished one to begin anew.`);
  }
  if (skipped) notes.push(`${files(skipped)} that operating systems leave in folders (.DS_Store and the like): left out.`);
  if (others) notes.push(`${files(others)} of other kinds: left out.`);
  if (layout?.outside?.images) {
    notes.push(`${files(layout.outside.images)} in no class will be left out: ${layout.outside.examples.slice(0, 3).join(", ")}${layout.outside.images > 3 ? ", …" : ""}`);
  }
  for (const reason of layout?.unused_tables ?? []) notes.push(`Not used: ${reason}`);
  const lines = notes.map((text) => make("li", {}, text));
  if (rejected?.files) {
    const reasons = rejected.reasons.map(({ path, reason }) => make("li", {}, make("code", {}, path), ` ${reason}`));
    lines.push(make("li", {}, make("details", {}, make("summary", {}, `${files(rejected.files)} not taken`), make("ul", {}, reasons))));
  }
  return lines.length ? [make("ul", { class: "upload-notes muted" }, lines)] : [];
}
