// The only module that scans the document: each [data-module] element gets one instance of its class.

const loaders = {
  comparison: () => import("./components/comparison.js"),
  "definition-drop": () => import("./components/definition-drop.js"),
  "definition-pair": () => import("./components/definition-pair.js"),
  "layer-table": () => import("./components/layer-table.js"),
  "definition-copy": () => import("./components/definition-copy.js"),
  differences: () => import("./components/differences.js"),
  editor: () => import("./components/editor.js"),
  figure: () => import("./components/figure.js"),
  live: () => import("./components/live.js"),
  neighbours: () => import("./components/neighbours.js"),
  reference: () => import("./components/reference.js"),
  theme: () => import("./components/theme.js"),
  "training-plan": () => import("./components/training-plan.js"),
  "try-image": () => import("./components/try-image.js"),
  "try-many": () => import("./components/try-many.js"),
  upload: () => import("./components/upload.js"),
  wall: () => import("./components/wall.js"),
};
const connected = new WeakSet();

// A file that is let go beside its place, or before that is ready, would be opened in place of the page and end what goes on there.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
}

export async function connect(root) {
  const fresh = [...root.querySelectorAll("[data-module]")].filter((element) => !connected.has(element));
  // All are fetched at once, and come to life in the document's order.
  const modules = fresh.map((element) => connected.add(element) && loaders[element.dataset.module]());
  for (const [number, element] of fresh.entries()) {
    const { default: Component } = await modules[number];
    new Component(element);
  }
}

document.addEventListener("diceboard:added", (event) => connect(event.target));
connect(document);
