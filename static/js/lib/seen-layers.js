// The rows of a layer table and the feature maps in them.

import { whole } from "./format.js";

const TILE = 56; // what a channel's side is enlarged to in a strip, in pixels
const WIDEST = 620;
const LARGEST_PIXEL = 14;

export function gatherMaps(element) {
  const rows = [...element.querySelectorAll("[data-call]")].map((row) => {
    const button = row.querySelector("button");
    return [row.dataset.call, { button, image: button.querySelector("img"), note: row.querySelector("[data-part=note]") }];
  });
  return new Map(rows);
}

export function showMaps(row, maps, { all = false } = {}) {
  if (!row || !maps) return;
  if (!all) row.few = maps;
  row.note.textContent = maps.why_none ?? said(maps);
  if (!maps.picture) return row.image.removeAttribute("src");
  row.image.onload = () => {
    row.image.width = row.image.naturalWidth * pixel(maps, row.image.naturalWidth, all);
  };
  row.image.src = maps.picture;
}

// How many pixels of the screen show one number.
function pixel({ shape }, width, all) {
  const side = shape.length === 3 && !all ? Math.floor(TILE / Math.max(shape[0], 1)) : Math.floor(WIDEST / width);
  return Math.max(1, Math.min(LARGEST_PIXEL, side, Math.floor(WIDEST / width)));
}

function said({ shape, channels, shown, silent, lowest, highest }) {
  const range = lowest === null ? "no finite number" : `${short(lowest)} to ${short(highest)}`;
  if (shape.length < 3) return `${whole(channels)} numbers, ${range}${silent ? `; ${whole(silent)} are zero` : ""}`;
  const some = shown < channels ? `${shown} of ${whole(channels)} channels` : `${whole(channels)} channel${channels === 1 ? "" : "s"}`;
  return `${some}, ${range}${silent ? `; ${whole(silent)} the same everywhere` : ""}`;
}

const short = (value) => String(Number(value.toPrecision(3)));
