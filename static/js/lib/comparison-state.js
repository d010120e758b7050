// What a comparison shows, as its address says it, and which of its runs that are. Nothing here touches the page.

const LISTS = ["log", "pin", "hide"];
const USUAL_SMOOTHING = 0.6;
const MOST_SMOOTHING = 0.99;

export function readState(search) {
  const given = new URLSearchParams(search);
  const number = (name) => (given.get(name) && Number.isFinite(Number(given.get(name))) ? Number(given.get(name)) : null);
  const list = (name) => (given.get(name) ?? "").split(",").filter(Boolean);
  return {
    x: given.get("x") ?? "epoch",
    smooth: Math.min(MOST_SMOOTHING, Math.max(0, number("smooth") ?? USUAL_SMOOTHING)),
    outliers: given.get("outliers") === "ignore",
    q: given.get("q") ?? "",
    only: given.get("only"),
    group: given.get("group") ?? "",
    settings: given.get("settings") === "all" ? "all" : "differences",
    from: number("from"),
    to: number("to"),
    ...Object.fromEntries(LISTS.map((name) => [name, list(name)])),
  };
}

// The address of a state; what is as usual is left out of it, what belongs to others stays.
export function writeState(address, state) {
  const written = new URL(address);
  const values = {
    x: state.x === "epoch" ? null : state.x,
    smooth: state.smooth === USUAL_SMOOTHING ? null : state.smooth,
    outliers: state.outliers ? "ignore" : null,
    q: state.q || null,
    only: state.only,
    group: state.group || null,
    settings: state.settings === "all" ? "all" : null,
    from: state.from,
    to: state.to,
    ...Object.fromEntries(LISTS.map((name) => [name, state[name].join(",") || null])),
  };
  for (const [name, value] of Object.entries(values)) {
    if (value === null) written.searchParams.delete(name);
    else written.searchParams.set(name, value);
  }
  return written;
}

export const toggled = (list, entry) => (list.includes(entry) ? list.filter((other) => other !== entry) : [...list, entry]);

// A filter is text, /a regular expression/, or setting=value (also != < > <= >=); of several words all must fit.
// Answers a function of a run, or null where it cannot be read.
export function filterOf(text) {
  const trimmed = text.trim();
  const expression = /^\/(.*)\/$/.exec(trimmed);
  if (expression) {
    try {
      const pattern = new RegExp(expression[1], "i");
      return ({ name }) => pattern.test(name);
    } catch {
      return null;
    }
  }
  const terms = trimmed.split(/\s+/).filter(Boolean).map(termOf);
  return (run) => terms.every((fits) => fits(run));
}

function termOf(word) {
  const setting = /^([\w.]+)(!=|<=|>=|=|<|>)(.*)$/.exec(word);
  if (!setting) return ({ name }) => name.toLowerCase().includes(word.toLowerCase());
  const [, name, sign, wanted] = setting;
  return ({ values }) => name in values && compares(values[name], sign, wanted);
}

function compares(value, sign, wanted) {
  const order = orderOf(value, wanted);
  switch (sign) {
    case "=": return order === 0;
    case "!=": return order !== 0;
    case "<": return order < 0;
    case ">": return order > 0;
    case "<=": return order <= 0;
    default: return order >= 0;
  }
}

// Numbers by their size (0.001 and 1e-3 are equal), lists where one of them is it, everything else as text.
function orderOf(value, wanted) {
  if (Array.isArray(value)) return value.some((one) => orderOf(one, wanted) === 0) ? 0 : NaN;
  if (typeof value === "number" && wanted !== "" && Number.isFinite(Number(wanted))) return value - Number(wanted);
  const words = { true: "yes", false: "no", null: "none" };
  const text = String(words[value] ?? value).toLowerCase();
  const other = (words[wanted] ?? wanted).toLowerCase();
  return text === other ? 0 : text < other ? -1 : 1;
}

// Which of the runs are listed and which are drawn. A pinned one is always listed, and drawn unless another is alone.
export function shownRuns(state, runs) {
  const fits = filterOf(state.q) ?? (() => true);
  const listed = runs.filter((run) => state.pin.includes(run.id) || fits(run)).map(({ id }) => id);
  const drawn = state.only && runs.some(({ id }) => id === state.only) ? [state.only] : listed.filter((id) => !state.hide.includes(id));
  return { listed: new Set(listed), drawn: new Set(drawn) };
}
