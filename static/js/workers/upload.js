// An upload, away from the page's own thread: lists what there is, asks how it is understood, sends it, has it checked.
// Every message to the page is the whole of what it shows.

import { Listing } from "./upload/listing.js";
import { Sending } from "./upload/sending.js";
import { Server } from "./upload/server.js";

const TELL_MS = 150;
const LARGEST_QUESTION = 24 * 2 ** 20;
const SHOWN_REASONS = 50;

const listing = new Listing(() => tellSoon("walking"));
const server = new Server();
const sending = new Sending(server, listing, () => tellSoon());
let work = Promise.resolve(); // one step after another
let state = "walking";
let name = null; // of the dataset, where it is a new one
let there = new Map();
let gone = []; // what has arrived before and is not in the folder any more
let layout = null;
let timer = null;

const steps = {
  files: ({ files }) => listing.addFiles(files),
  folder: ({ folder }) => listing.addFolder(folder),
  archive: ({ file, isAlone }) => listing.addArchive(file, { isAlone }),
  begin: ({ name, dataset }) => begin(name, dataset),
  send: () => send(),
  commit: () => commit(),
};

self.addEventListener("message", ({ data }) => {
  if (data.type === "pause") sending.pause();
  else if (data.type === "go-on") sending.goOn();
  else work = work.then(() => steps[data.type](data)).catch((error) => tell("failed", { message: error.message }));
});

async function begin(wanted, dataset) {
  name = wanted;
  tell("reading");
  if (!listing.items.size) throw new Error(whyNothing());
  server.dataset = dataset;
  there = await sending.patiently(() => (dataset ? server.arrived() : server.found(name, listing.all)));
  // Where files are added to a dataset of one's choice, the others are meant to be elsewhere.
  gone = dataset ? [] : [...there.keys()].filter((path) => !listing.items.has(path));
  const paths = [...new Set([...there.keys(), ...listing.items.keys()])];
  if (paths.reduce((size, path) => size + path.length + 3, 0) < LARGEST_QUESTION) {
    const tables = await listing.tables();
    layout = await sending.patiently(() => server.layout(paths, tables));
    listing.leaveOut(layout.rejected);
  }
  if (layout?.problem) tell("problem");
  else await send();
}

async function send() {
  tell("sending");
  if (!server.dataset) await sending.patiently(() => server.create(name));
  await sending.run(there);
  layout ??= await sending.patiently(() => server.arrivedLayout());
  const isClear = !gone.length && !listing.rejected.length && !layout.outside?.images && !layout.unused_tables.length;
  if (layout.problem) tell("kept");
  else if (isClear) await commit();
  else tell("ready");
}

async function commit() {
  tell("committing");
  await sending.patiently(() => server.commit());
  tell("done");
}

function whyNothing() {
  const first = listing.rejected[0];
  if (first) return `Nothing here can be taken. ${first.path}: ${first.reason}`;
  const beside = listing.others ? ` There are ${listing.others} other files, none of them JPEG, PNG, WebP, BMP, GIF or TIFF.` : "";
  return `There is no image here.${beside} Choose a folder that has one folder of images per class.`;
}

function tell(next, more = {}) {
  state = next;
  clearTimeout(timer);
  timer = null;
  const { items, bytes, skipped, others, rejected } = listing;
  self.postMessage({
    state, layout, skipped, others,
    files: items.size,
    bytes: state === "walking" ? 0 : bytes,
    before: there.size - gone.length,
    gone: { files: gone.length, examples: gone.slice(0, 3) },
    sent: { files: sending.sent.files, bytes: sending.bytes },
    isPaused: sending.isPaused,
    trouble: sending.trouble,
    rejected: { files: rejected.length, reasons: rejected.slice(0, SHOWN_REASONS) },
    dataset: server.dataset ?? null,
    ...more,
  });
}

function tellSoon(next = state) {
  state = next;
  timer ??= setTimeout(() => tell(state), TELL_MS);
}
