// A large script of somebody else: the page fetches it beside everything else, and it is run once it is needed, since
// running it keeps the browser busy.

const running = new Map();

// What the script defines, once it has.
export function loaded(name) {
  if (globalThis[name]) return Promise.resolve(globalThis[name]);
  if (!running.has(name)) running.set(name, run(name));
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
