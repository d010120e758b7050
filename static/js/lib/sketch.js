// Curves as bare lines on a canvas: seen at once, while the library that draws them with all that belongs to them is still
// being read by the browser. Nothing here knows of it but the shape of its figures.

import { asNumber } from "./curves.js";

const ROOM = 0.06;

// A canvas over all of `box` (in CSS pixels) with the lines of traces within the layout's margins.
export function sketch(traces, layout, { width, height, ratio = 1 }) {
  const canvas = document.createElement("canvas");
  canvas.className = "curve-sketch";
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const lines = traces.filter(({ line, fill }) => line && !fill);
  const { l, r, t, b } = layout.margin;
  const across = scale(layout.xaxis, lines.map(({ x }) => x), [l, width - r]);
  const up = scale(layout.yaxis, lines.map(({ y }) => y), [height - b, t], ROOM);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.rect(l, t, width - l - r, height - t - b);
  pen.clip();
  for (const trace of lines) draw(pen, trace, across, up);
  return canvas;
}

// From an axis's values to pixels between two places; what it cannot show is NaN.
export function scale(axis, columns, [from, to], room = 0) {
  const shown = axis.type === "log" ? (value) => (value > 0 ? Math.log10(value) : NaN) : (value) => (value === null ? NaN : asNumber(value));
  let [low, high] = (axis.range ?? extremes(columns, shown)).map(asNumber);
  if (!axis.range) [low, high] = [low - room * (high - low), high + room * (high - low)];
  const step = (to - from) / (high - low || 1);
  return (value) => from + (shown(value) - low) * step;
}

function extremes(columns, shown) {
  let [low, high] = [Infinity, -Infinity];
  for (const column of columns) {
    for (const value of column) {
      const place = shown(value);
      if (place < low) low = place;
      if (place > high) high = place;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

function draw(pen, { x, y, line, opacity = 1 }, across, up) {
  pen.beginPath();
  let isOpen = false;
  for (let index = 0; index < x.length; index += 1) {
    const place = up(y[index]);
    if (Number.isNaN(place)) isOpen = false;
    else if (isOpen) pen.lineTo(across(x[index]), place);
    else {
      pen.moveTo(across(x[index]), place);
      isOpen = true;
    }
  }
  pen.globalAlpha = opacity;
  pen.strokeStyle = line.color;
  pen.lineWidth = line.width;
  pen.stroke();
}
