// Events of runs. All tabs of a browser share one connection, held by a shared worker.

const worker = globalThis.SharedWorker
  ? new SharedWorker(new URL("../workers/events.js", import.meta.url), { name: "diceboard-events" })
  : null;

export function subscribe(runs, callback) {
  return worker ? throughWorker(runs, callback) : directly(runs, callback);
}

function throughWorker(runs, callback) {
  worker.port.addEventListener("message", ({ data }) => runs.includes(data.run) && callback(data));
  worker.port.start();
  worker.port.postMessage({ runs });
  const leave = () => worker.port.postMessage({ runs: [] });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && worker.port.postMessage({ runs }));
  return leave;
}

function directly(runs, callback) {
  const source = new EventSource(`/api/v1/events?runs=${runs.join(",")}`);
  for (const kind of ["state", "metrics", "epoch", "log", "artifact", "evaluation"]) {
    source.addEventListener(kind, ({ data }) => callback({ run: JSON.parse(data).run_id }));
  }
  source.addEventListener("bye", () => {}); // the browser connects again by itself
  return () => source.close();
}
