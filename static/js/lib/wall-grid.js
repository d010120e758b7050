// Where the images of a wall lie: pure arithmetic. Rows are all of one height, so that nothing ever jumps.

export const ROW_HEIGHT = 140;
export const LEAST_WIDTH = 96;
const ROWS_BEYOND = 2;

export function gridOf(width, total) {
  const columns = Math.max(1, Math.floor(width / LEAST_WIDTH));
  const rows = Math.ceil(total / columns);
  return { columns, rows, total, cell: width / columns, height: rows * ROW_HEIGHT };
}

// Positions from `first` up to (not including) `last`, a few rows more than can be seen.
export function visible(grid, top, height) {
  const from = Math.max(0, Math.floor(top / ROW_HEIGHT) - ROWS_BEYOND);
  const to = Math.min(grid.rows, Math.ceil((top + height) / ROW_HEIGHT) + ROWS_BEYOND);
  return { first: from * grid.columns, last: Math.min(grid.total, to * grid.columns) };
}

export function placeOf(grid, position) {
  return { left: (position % grid.columns) * grid.cell, top: Math.floor(position / grid.columns) * ROW_HEIGHT };
}

// The first position of the topmost row that is seen for the most part.
export function topmost(grid, top) {
  return Math.min(Math.max(0, grid.rows - 1), Math.round(top / ROW_HEIGHT)) * grid.columns;
}

export function moved(grid, position, key, rowsSeen) {
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns,
    PageUp: -grid.columns * rowsSeen, PageDown: grid.columns * rowsSeen, Home: -grid.total, End: grid.total,
  };
  if (!(key in steps)) return null;
  return Math.min(grid.total - 1, Math.max(0, position + steps[key]));
}
