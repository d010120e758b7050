// Asking a run's network: about one picture, or about a dataset whose answers come line by line.

import { ProblemError } from "./http.js";

async function answered(response) {
  if (response.ok) return response;
  throw new ProblemError(response.status, await response.json().catch(() => null));
}

export async function predict(address, picture, asked, { signal } = {}) {
  const query = new URLSearchParams(asked);
  // Its type is left out: the server tells pictures by their content, and a script has no say in what is JSON.
  const headers = { Accept: "application/json", "Content-Type": "application/octet-stream" };
  const response = await fetch(`${address}?${query}`, { method: "POST", headers, body: picture, signal });
  return (await answered(response)).json();
}

export async function* predictDataset(address, dataset, asked, { signal } = {}) {
  const query = new URLSearchParams(asked);
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${address}?${query}`, { method: "POST", headers, body: JSON.stringify(dataset), signal });
  const reader = (await answered(response)).body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (waiting + value).split("\n");
    waiting = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}
