// The calls of an upload. A server that does not answer has status 0.

import { ProblemError, requestJson } from "../../lib/http.js";

export class Server {
  dataset = null; // its id, once it has one

  get files() {
    return `/api/v1/datasets/${this.dataset}/files`;
  }

  // What has arrived of the unfinished dataset of this name that has some of these files; nothing where there is none.
  async found(name, items) {
    const query = new URLSearchParams({ q: name, limit: "50" });
    const { items: named } = await asked(`/api/v1/datasets?${query}`);
    for (const { id } of named.filter((one) => one.name === name && one.state === "uploading")) {
      this.dataset = id;
      const there = await this.arrived();
      if (!there.size || items.some((item) => isThere(there, item))) return there;
    }
    this.dataset = null;
    return new Map();
  }

  async create(name) {
    this.dataset = (await asked("/api/v1/datasets", { method: "POST", body: { name } })).id;
  }

  // Size and time by path of what has arrived.
  async arrived() {
    const found = new Map();
    for (let cursor = ""; cursor !== null; ) {
      const { items, next } = await asked(`${this.files}?limit=10000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      for (const { path, bytes, modified } of items) {
        found.set(path, { size: bytes, seconds: modified ? Math.floor(Date.parse(modified) / 1000) : null });
      }
      cursor = next;
    }
    return found;
  }

  // Takes what the server has by its content, and answers the paths that need not be sent.
  async adopted(items) {
    const files = await Promise.all(items.map(described));
    const { missing } = await asked(this.files, { method: "POST", body: { files } });
    const wanted = new Set(missing);
    return new Set(items.map(({ path }) => path).filter((path) => !wanted.has(path)));
  }

  layout(paths, tables) {
    return asked("/api/v1/datasets/layouts", { method: "POST", body: { paths, tables } });
  }

  arrivedLayout() {
    return asked(`/api/v1/datasets/${this.dataset}/layout`);
  }

  commit() {
    return asked(`/api/v1/datasets/${this.dataset}/commit`, { method: "POST" });
  }

  // Not fetch: only this tells how much has gone out.
  put(body, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("PUT", this.files);
      request.setRequestHeader("Content-Type", "application/x-tar");
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", ({ loaded }) => progress(loaded));
      request.addEventListener("error", () => reject(new ProblemError(0, null)));
      request.addEventListener("load", () => {
        if (request.status === 200 && request.response) resolve(request.response);
        else reject(new ProblemError(request.status, request.response));
      });
      request.send(body);
    });
  }
}

export function isThere(there, { path, size, seconds }) {
  const one = there.get(path);
  return one !== undefined && one.size === size && one.seconds === seconds;
}

async function described({ path, size, seconds, content }) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await content.arrayBuffer()));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { path, digest: hex, bytes: size, modified: new Date(seconds * 1000).toISOString() };
}

async function asked(address, options) {
  try {
    return await requestJson(address, options);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(0, null);
  }
}
