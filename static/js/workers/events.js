// One event stream for all tabs: it follows every run that some tab shows, from where it was.

const KINDS = ["state", "metrics", "epoch", "log", "artifact", "evaluation"];
const ports = new Map();
const seen = new Map();
let source = null;
let followed = "";

self.addEventListener("connect", ({ ports: [port] }) => {
  port.addEventListener("message", ({ data }) => {
    if (data.runs.length) ports.set(port, data.runs);
    else ports.delete(port);
    follow();
  });
  port.start();
});

function follow() {
  const runs = [...new Set([...ports.values()].flat())].sort();
  const wanted = runs.join(",");
  if (wanted === followed) return;
  followed = wanted;
  source?.close();
  source = null;
  if (!runs.length) return;
  const after = runs.filter((run) => seen.has(run)).map((run) => `${run}:${seen.get(run)}`).join(",");
  source = new EventSource(`/api/v1/events?runs=${wanted}&after=${after}`);
  for (const kind of KINDS) source.addEventListener(kind, ({ data }) => pass(JSON.parse(data)));
  source.addEventListener("reset", () => seen.clear());
}

function pass(event) {
  seen.set(event.run_id, event.seq);
  for (const [port, runs] of ports) {
    if (runs.includes(event.run_id)) port.postMessage({ run: event.run_id, kind: event.kind, seq: event.seq });
  }
}
