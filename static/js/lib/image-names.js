// Which files of a folder are sent: the server knows the same endings and leftovers (core/datasets/media.py, names.py).

const IMAGES = [".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"];
const TABLES = [".csv"];
const ARCHIVES = [".zip", ".tar", ".tar.gz", ".tgz"];
const LEFTOVERS = new Set(["thumbs.db", "desktop.ini", "__macosx"]);

const endsWithAny = (path, endings) => endings.some((ending) => path.toLowerCase().endsWith(ending));

export const isImage = (path) => endsWithAny(path, IMAGES);
export const isTable = (path) => endsWithAny(path, TABLES);
export const isArchive = (path) => endsWithAny(path, ARCHIVES);

export function isLeftover(path) {
  const segments = path.split("/").filter((segment) => !["", ".", ".."].includes(segment));
  const isHidden = (segment) => segment.startsWith(".") && !segment.startsWith("..");
  return segments.some((segment) => isHidden(segment) || LEFTOVERS.has(segment.toLowerCase()));
}
