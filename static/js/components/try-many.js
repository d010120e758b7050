// A folder of pictures, or a dataset, for a run's network: a table that grows, and the same as CSV.

import { csvText, saveText } from "../lib/csv.js";
import { make } from "../lib/dom.js";
import { fileName } from "../lib/file-name.js";
import { imagesOf } from "../lib/folder-files.js";
import { chosenRoots, droppedRoots } from "../lib/folder.js";
import { whole } from "../lib/format.js";
import { predict, predictDataset } from "../lib/predictions.js";

const AT_ONCE = 2; // the predictor answers one by one: another is on its way meanwhile
const MOST_PICTURES = 10_000;
const ROWS_SHOWN = 500;
const COLUMNS = ["path", "class", "predicted", "probability", "correct", "problem"];
const percent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);

export default class TryMany {
  constructor(element) {
    this.element = element;
    // Not by `dataset`: of a form with a field of that name, it is the field.
    this.parts = Object.fromEntries([...element.querySelectorAll("[data-part]")].map((part) => [part.getAttribute("data-part"), part]));
    this.classes = new Set(JSON.parse(element.dataset.classes));
    for (const input of element.querySelectorAll('input[type="file"]')) {
      input.addEventListener("click", () => (input.value = ""));
      input.addEventListener("change", () => input.files.length && this.work((signal) => this.folder(chosenRoots(input.files), signal)));
    }
    element.addEventListener("dragover", (event) => this.over(event, true));
    element.addEventListener("dragleave", (event) => element.contains(event.relatedTarget) || this.over(event, false));
    element.addEventListener("drop", (event) => {
      this.over(event, false);
      const roots = droppedRoots(event.dataTransfer);
      this.work(async (signal) => this.folder(await roots, signal));
    });
    this.parts.dataset?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.work((signal) => this.dataset(new FormData(event.target), signal));
    });
    this.button("stop").addEventListener("click", () => this.controller?.abort());
    this.button("save").addEventListener("click", () => this.save());
    element.dataset.ready = "";
  }

  button(act) {
    return this.element.querySelector(`[data-act=${act}]`);
  }

  over(event, isOver) {
    event.preventDefault();
    this.element.classList.toggle("drop-over", isOver);
  }

  async work(act) {
    this.controller?.abort();
    const controller = (this.controller = new AbortController());
    this.results = [];
    this.total = this.known = this.right = 0;
    const { work, failed, rows, more } = this.parts;
    rows.replaceChildren();
    work.hidden = false;
    failed.hidden = more.hidden = true;
    this.button("stop").hidden = false;
    this.tell("looking for pictures …");
    let ending = "";
    try {
      await act(controller.signal);
    } catch (error) {
      ending = controller.signal.aborted ? "stopped" : "broken off";
      if (!controller.signal.aborted) this.fail(error);
      controller.abort(); // what else is on its way is of no use now
    }
    if (controller !== this.controller) return;
    this.button("stop").hidden = true;
    this.tell(ending);
  }

  async folder(roots, signal) {
    const pictures = [];
    for await (const picture of imagesOf(roots)) {
      if (signal.aborted) return;
      if (pictures.length === MOST_PICTURES) throw new Error(`Only the first ${whole(MOST_PICTURES)} would be classified. Make a dataset of the folder instead.`);
      pictures.push(picture);
    }
    if (!pictures.length) throw new Error("No pictures were found there: no file ends like one.");
    this.total = pictures.length;
    const waiting = pictures.values();
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.oneByOne(waiting, signal)));
  }

  async oneByOne(waiting, signal) {
    const { predictions, weights } = this.element.dataset;
    for (const { path, file } of waiting) {
      const folder = path.split("/").at(-2)?.normalize("NFC");
      const truth = this.classes.has(folder) ? folder : null;
      const told = await predict(predictions, file, { top: 1, weights }, { signal }).catch((error) => {
        // A file that is no picture is one row's trouble; anything else is everybody's.
        if (error.status === 422) return { predicted: null, classes: [{ probability: null }], problem: error.message };
        throw error;
      });
      if (signal.aborted) return;
      this.add({ path, class: truth, predicted: told.predicted, probability: told.classes[0].probability, problem: told.problem });
    }
  }

  async dataset(form, signal) {
    const { predictions, weights } = this.element.dataset;
    const [dataset, split] = [form.get("dataset"), form.get("split")];
    const asked = split ? { dataset, split } : { dataset };
    for await (const line of predictDataset(predictions, asked, { weights }, { signal })) {
      if (line.images !== undefined) this.total = line.images;
      else if (line.path !== undefined) this.add(line);
      else if (line.problem !== undefined) throw new Error(line.problem);
    }
    if (!this.total) throw new Error("There are no images in that split. Choose another one.");
  }

  add(result) {
    this.results.push(result);
    if (result.class !== null && result.predicted !== null) {
      this.known += 1;
      this.right += Number(isRight(result));
    }
    const { rows, more } = this.parts;
    if (this.results.length <= ROWS_SHOWN) rows.append(rowOf(result));
    else {
      more.hidden = false;
      more.textContent = `The first ${ROWS_SHOWN} are shown; the CSV has all of them.`;
    }
    this.tell();
  }

  tell(said = "") {
    const { bar, text } = this.parts;
    const done = this.results.length;
    bar.max = Math.max(1, this.total);
    bar.value = done;
    const share = this.known ? `${percent(this.right / this.known)} right of ${whole(this.known)}` : "";
    text.textContent = [this.total ? `${whole(done)} / ${whole(this.total)}` : "", share, said].filter(Boolean).join(" · ");
    this.button("save").disabled = !done;
  }

  fail(error) {
    this.parts.failed.textContent = error.message;
    this.parts.failed.hidden = false;
  }

  save() {
    const rows = this.results.map((result) => COLUMNS.map((name) => (name === "correct" && result.class !== null ? isRight(result) : result[name])));
    saveText(csvText([COLUMNS, ...rows]), `${fileName(this.element.dataset.name)}-predictions.csv`);
  }
}

const isRight = (result) => result.predicted === result.class;

function rowOf(result) {
  const isWrong = result.class !== null && result.predicted !== null && !isRight(result);
  return make(
    "tr",
    { class: isWrong ? "row-bad" : null },
    make("td", { class: "name" }, result.path),
    make("td", {}, result.class ?? "–"),
    make("td", {}, result.predicted ?? make("span", { class: "muted" }, result.problem ?? "–")),
    make("td", { class: "number" }, percent(result.probability)),
  );
}
