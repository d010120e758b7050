// Numbers and shapes as the server writes them on pages.

const UNITS = [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e3, " k"]];

export const whole = (value) => (value === null || value === undefined ? "–" : value.toLocaleString("en-US"));

export function large(value) {
  if (value === null || value === undefined) return "–";
  const [size, unit] = UNITS.find(([least]) => value >= least) ?? [1, ""];
  const scaled = value / size;
  return scaled < 1000 ? `${Number(scaled.toPrecision(3))}${unit}` : `${whole(Math.round(scaled))}${unit}`;
}

export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let place = 0;
  while (value >= 1024 && place < units.length - 1) {
    value /= 1024;
    place += 1;
  }
  return `${value >= 100 || !place ? Math.round(value) : Number(value.toPrecision(3))} ${units[place]}`;
}

export const dimension = (size) => (size === null ? "?" : typeof size === "object" ? size.symbol : String(size));
export const shapeText = (shape) => (shape ? shape.slice(1).map(dimension).join(" × ") || "one number" : "–");
export const shapesText = (shapes) => shapes.map(shapeText).join(", ");
