// A large script of somebody else: the page fetches it beside everything else, and it is run once it is needed, since
// running it keeps the browser busy for most of a second.

const LONGEST_WAIT_MS = 1_500;
const running = new Map();
let held = Promise.resolve();

// What is quick goes first: nothing is run before the promise is settled, or has taken too long.
export function runAfter(promise) {
  const late = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS));
  held = Promise.race([promise, late]).catch(() => {});
}

// What the script defines, once it has.
export function loaded(name) {
  if (globalThis[name]) return Promise.resolve(globalThis[name]);
  if (!running.has(name)) running.set(name, held.then(() => run(name)));
  return running.get(name);
}

function run(name) {
  const script = document.createElement("script");
  script.src = document.querySelector(`link[data-defines="${name}"]`).href;
  return new Promise((resolve, reject) => {
    script.addEventListener("load", () => resolve(globalThis[name]));
    script.addEventListener("error", () => reject(new Error(`${name} could not be loaded.`)));
    document.head.append(script);
  });
}
