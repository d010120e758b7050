// Curves between the server's figure and what is drawn: smoothing, ranges, the values at a place. Nothing here touches the page.

// TensorBoard's smoothing: an exponential moving average that starts without a bias towards zero. Values that are not
// there stay so, and a constant is left as it is.
export function smoothed(values, weight) {
  const known = values.filter((value) => value !== null);
  if (!weight || known.every((value) => value === known[0])) return values;
  let last = 0;
  let count = 0;
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return last / (1 - weight ** count);
  });
}

// The range that ignores outliers: from the 5th to the 95th percentile, with a little room.
export function usualRange(columns, { isLog = false } = {}) {
  const values = columns.flat().filter((value) => value !== null && (!isLog || value > 0)).sort((a, b) => a - b);
  if (!values.length) return null;
  const scaled = (value) => (isLog ? Math.log10(value) : value);
  const low = scaled(quantile(values, 0.05));
  const high = scaled(quantile(values, 0.95));
  const room = 0.08 * (high - low) || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
}

// A range around a value that never changes: a library would show it among numbers a thousand times its size.
export function constantRange(columns) {
  const values = columns.flat().filter((value) => value !== null);
  if (!values.length || values.some((value) => value !== values[0])) return null;
  const room = 0.5 * Math.abs(values[0]) || 1;
  return [values[0] - room, values[0] + room];
}

export function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// The traces that are drawn: faint as measured, above it smoothed; marked runs are thicker and come last; a seam is marked
// where another attempt went on.
export function drawnTraces(traces, { drawn, marked, smooth }) {
  const isMarked = ({ meta }) => marked.includes(meta.run);
  const chosen = traces.filter(({ meta }) => drawn.has(meta.run)).sort((a, b) => isMarked(a) - isMarked(b));
  const faint = [];
  const strong = [];
  for (const trace of chosen) {
    const y = smoothed(trace.y, smooth);
    if (trace.meta.band) faint.push(bandTrace(trace, smooth));
    else if (y !== trace.y) faint.push({ ...trace, opacity: 0.22, line: { ...trace.line, width: 1 } });
    strong.push({ ...trace, y, raw: trace.y, line: { ...trace.line, width: isMarked(trace) ? 3 : trace.line.width } });
  }
  return [...faint, ...strong, ...strong.filter(({ meta }) => meta.seams.length).map(seamTrace)];
}

// Between the lowest and the highest of a group's runs, smoothed as its mean is.
function bandTrace({ x, fillcolor, meta, name }, smooth) {
  const [low, high] = [smoothed(meta.band.low, smooth), smoothed(meta.band.high, smooth)];
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: [...x, ...x.toReversed()],
    y: [...high, ...low.toReversed()],
    fill: "toself",
    fillcolor,
    line: { width: 0, color: fillcolor },
    meta: { run: meta.run, seams: [] },
  };
}

function seamTrace({ x, y, line, meta, name }) {
  return {
    type: "scatter",
    mode: "markers",
    name: `${name}: another attempt went on`,
    x: meta.seams.map((place) => x[place]),
    y: meta.seams.map((place) => y[place]),
    marker: { symbol: "line-ns-open", size: 14, color: line.color, line: { width: 2, color: line.color } },
    meta: { run: meta.run, seams: [], isSeam: true },
  };
}

// Lines that look alike as one trace with gaps between them: what is drawn costs by the trace.
export function merged(traces) {
  const alike = new Map();
  for (const trace of traces) {
    const { line, opacity, mode } = trace;
    const key = line && !trace.fill ? [mode, line.color, line.width, opacity].join() : Symbol("alone");
    const first = alike.get(key);
    if (!first) alike.set(key, { ...trace, raw: undefined, x: [...trace.x], y: [...trace.y] });
    else {
      first.x.push(trace.x.at(-1), ...trace.x);
      first.y.push(null, ...trace.y);
    }
  }
  return [...alike.values()];
}

// Where in sorted places the one nearest to x is.
export function nearestIndex(places, x) {
  let low = 0;
  let high = places.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - places[low - 1] <= places[low] - x ? low - 1 : low;
}

// What each curve is at a place, nearest to the pointer's height first, and how far from the baseline.
export function valuesAt(traces, x, { y, baseline, isLog = false, most = 5 }) {
  const lines = traces.filter(({ raw, x: places }) => raw && places.length);
  const rows = lines.map((trace) => {
    const place = nearestIndex(trace.x, x);
    const { run } = trace.meta;
    return { run, name: trace.meta.name, colour: trace.line.color, x: trace.x[place], value: trace.y[place], raw: trace.raw[place] };
  });
  const reference = rows.find(({ run }) => run === baseline)?.value ?? null;
  const far = ({ value }) => (value === null ? Infinity : Math.abs(isLog ? Math.log10(value) - Math.log10(y) : value - y));
  const ordered = rows.map((row) => [far(row), row]).sort(([a], [b]) => a - b).map(([, row]) => row);
  return ordered.slice(0, most).map((row) => ({
    ...row,
    delta: reference === null || row.value === null || row.run === baseline ? null : row.value - reference,
  }));
}

// Numbers at the cursor: four significant digits, as far as they are not whole.
export function valueText(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}

export const deltaText = (value) => (value === null ? "" : `${value > 0 ? "+" : value < 0 ? "−" : "±"}${valueText(Math.abs(value))}`);

export function placeText(x, axis) {
  if (axis === "wall") return new Date(x).toISOString().slice(0, 19).replace("T", " ");
  if (axis === "time") return `${valueText(x)} s`;
  return `${axis} ${axis === "step" ? Math.round(x).toLocaleString("en-US") : valueText(x)}`;
}

// A place of an axis as a number: Plotly says those of a time axis as text, in UTC.
export function asNumber(place) {
  if (typeof place === "number" || !/^\d{4}-/.test(place)) return Number(place);
  return Date.parse(`${place.replace(" ", "T")}${place.includes(":") ? "Z" : ""}`);
}
