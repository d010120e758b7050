// JSON over HTTP, with the server's own words where something is wrong.

export class ProblemError extends Error {
  constructor(status, problem) {
    const fields = (problem?.errors ?? []).map(({ field, message }) => `${field}: ${message}`);
    super([problem?.detail ?? `The server answered ${status}.`, ...fields].join(" "));
    this.status = status;
  }
}

export async function requestJson(address, { method = "GET", body, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(address, { method, headers, signal, body: body && JSON.stringify(body) });
  const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
  const content = isJson ? await response.json() : null;
  if (!response.ok) throw new ProblemError(response.status, content);
  return content;
}
