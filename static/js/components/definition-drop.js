// A file that is dropped or chosen becomes the text of the form, which is then read like a pasted one.

import { fileInZip } from "../lib/zip.js";

const LARGEST_BYTES = 8 * 2 ** 20;
const HDF5 = "\x89HDF";
const ZIP = "PK\x03\x04";

export default class DefinitionDrop {
  constructor(form) {
    this.form = form;
    this.failed = form.querySelector('[data-part="failed"]');
    form.querySelector('input[type="file"]').addEventListener("change", ({ target }) => this.take(target.files[0]));
    form.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("drop-over");
    });
    form.addEventListener("dragleave", () => form.classList.remove("drop-over"));
    form.addEventListener("drop", (event) => this.drop(event));
    form.elements.source.addEventListener("input", () => (this.failed.hidden = true));
  }

  drop(event) {
    event.preventDefault();
    this.form.classList.remove("drop-over");
    const [file] = event.dataTransfer.files;
    if (file) this.take(file);
    else this.form.elements.source.value = event.dataTransfer.getData("text");
  }

  async take(file) {
    this.failed.hidden = true;
    try {
      this.form.elements.source.value = await this.text(file);
      this.form.elements.name.value = file.name.slice(0, 200);
      this.form.requestSubmit();
    } catch (error) {
      this.failed.textContent = `${file.name}: ${error.message}`;
      this.failed.hidden = false;
    }
    this.form.querySelector('input[type="file"]').value = "";
  }

  async text(file) {
    const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 4).arrayBuffer()));
    // Of a .keras file only the configuration is looked at; its weights stay where they are.
    if (start === ZIP) return fileInZip(file, "config.json");
    if (start === HDF5) throw new Error("This is an HDF5 file. Save the architecture as JSON with model.to_json(), or as .keras.");
    if (file.size > LARGEST_BYTES) throw new Error("It has more than 8 MiB. Leave out a notebook’s outputs.");
    return file.text();
  }
}
