// Where a cell of a confusion matrix leads: the images of the class of its row that were taken for that of its column.

export function cellAddress({ address, classes }, { x, y }) {
  const [row, column] = [classes[y], classes[x]].map(encodeURIComponent);
  return `${address}&class=${row}&predicted=${column}`;
}
