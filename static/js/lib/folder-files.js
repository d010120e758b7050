// The images of what was dropped or chosen, one after another, with their paths.

import { batches } from "./folder.js";
import { isImage, isLeftover } from "./image-names.js";

export async function* imagesOf(roots) {
  for (const root of roots) {
    for await (const { path, file } of filesOf(root)) {
      if (isImage(path) && !isLeftover(path)) yield { path, file };
    }
  }
}

async function* filesOf(root) {
  if (root.directory) yield* walk(root.directory, "");
  else if (root.file) yield { path: root.name, file: root.file };
  else for await (const some of batches(root)) yield* some;
}

async function* walk(folder, before) {
  const path = `${before}${folder.name}`;
  for await (const entry of folder.values()) {
    if (entry.kind === "directory") yield* walk(entry, `${path}/`);
    else yield { path: `${path}/${entry.name}`, file: await entry.getFile() };
  }
}
