// A script of somebody else that the page loads beside its own: what it defines, once it has.

export function loaded(name) {
  if (globalThis[name]) return Promise.resolve(globalThis[name]);
  const script = document.querySelector(`script[data-defines="${name}"]`);
  return new Promise((resolve, reject) => {
    script.addEventListener("load", () => resolve(globalThis[name]));
    script.addEventListener("error", () => reject(new Error(`${name} could not be loaded.`)));
  });
}
