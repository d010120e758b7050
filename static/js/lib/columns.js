// Columns of a diagram as the fewest rectangles that cover them.

export function runs(columns) {
  const found = [];
  for (const column of [...new Set(columns)].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[1] === column - 1) last[1] = column;
    else found.push([column, column]);
  }
  return found;
}

export function bands(columns, colour) {
  const common = { type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below", line: { width: 0 } };
  return runs(columns).map(([first, last]) => ({ ...common, x0: first - 0.5, x1: last + 0.5, fillcolor: colour }));
}
