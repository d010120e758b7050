// What was dropped or chosen: files, folders and archives, walked without holding up the page.

const FILES_AT_ONCE = 20;
const BUSY_MS = 8;

// Handles can go to a worker, which then does the walking. Where the browser has none, its older entries are walked here.
export async function droppedRoots(transfer) {
  // The list is emptied as soon as the event is over: everything is asked for before anything is waited for.
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const asked = items.map((item) => {
    const [entry, file] = [item.webkitGetAsEntry?.(), item.getAsFile()];
    const handle = entry && self.isSecureContext && item.getAsFileSystemHandle?.();
    return { entry, file, handle };
  });
  const roots = [];
  for (const { entry, file, handle } of asked) {
    const found = await Promise.resolve(handle).catch(() => null);
    if (found?.kind === "directory") roots.push({ name: found.name, directory: found });
    else if (entry?.isDirectory) roots.push({ name: entry.name, entry });
    else if (file) roots.push({ name: file.name, file });
  }
  return roots;
}

export function chosenRoots(list) {
  const top = list[0]?.webkitRelativePath.split("/")[0];
  return top ? [{ name: top, list }] : [...list].map((file) => ({ name: file.name, file }));
}

// Batches of {path, file}. They are small, and there is a pause whenever the page was held up for some milliseconds:
// handing a file to a worker makes the browser look at it on the disk.
export async function* batches(root) {
  let since = performance.now();
  for await (const some of root.list ? slices(root.list) : walk(root.entry, "")) {
    yield some;
    if (performance.now() - since < BUSY_MS) continue;
    await pause();
    since = performance.now();
  }
}

function* slices(list) {
  for (let at = 0; at < list.length; at += FILES_AT_ONCE) {
    const places = Array.from({ length: Math.min(FILES_AT_ONCE, list.length - at) }, (_, place) => at + place);
    yield places.map((place) => ({ path: list[place].webkitRelativePath, file: list[place] }));
  }
}

async function* walk(folder, before) {
  const path = `${before}${folder.name}`;
  const reader = folder.createReader();
  const folders = [];
  for (;;) {
    // A reader gives at most a hundred at a time, and nothing once it is done.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    folders.push(...some.filter((entry) => entry.isDirectory));
    yield await Promise.all(some.filter((entry) => entry.isFile).map((entry) => fileOf(entry, path)));
  }
  for (const inner of folders) yield* walk(inner, `${path}/`);
}

async function fileOf(entry, folder) {
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  return { path: `${folder}/${entry.name}`, file };
}

const pause = () => self.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
