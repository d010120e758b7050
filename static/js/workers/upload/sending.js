// Sends items in packs, three at a time; pauses, and goes on by itself when the network or the server is back.

import { ProblemError } from "../../lib/http.js";
import { packs } from "./packs.js";
import { isThere } from "./server.js";

const AT_ONCE = 3;
const SAMPLE = 4;
const LONGEST_WAIT_SECONDS = 30;
const [TOO_MANY, NO_ROOM] = [429, 507];
const CHANGED = "It was changed or removed while it was being sent. Choose the folder again to send it as it is now.";

export class Sending {
  // `tell` is called with every change; it reads the fields.
  constructor(server, listing, tell) {
    this.server = server;
    this.listing = listing;
    this.tell = tell;
    this.sent = { files: 0, bytes: 0 }; // through, whether now or before
    this.onTheWay = new Map();
    this.trouble = null; // why it waits, in words
    this.isPaused = false;
    this.knowsMuch = true; // whether the last pack had files that the workspace has already
    this.bell = new EventTarget();
    self.addEventListener("online", () => this.bell.dispatchEvent(new Event("ring")));
  }

  get bytes() {
    return [...this.onTheWay.values()].reduce((sum, bytes) => sum + bytes, this.sent.bytes);
  }

  async run(there) {
    const items = this.listing.all.filter((item) => !isThere(there, item));
    this.sent = { files: this.listing.items.size - items.length, bytes: this.listing.bytes - total(items) };
    this.tell();
    const waiting = packs(items, (item, reason) => this.giveUp(item, reason));
    const lane = async () => {
      for (;;) {
        await this.gate();
        const { value, done } = await waiting.next();
        if (done) return;
        await this.through(value);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  pause(trouble = null) {
    this.isPaused = true;
    this.trouble = trouble;
    this.tell();
  }

  goOn() {
    this.isPaused = false;
    this.trouble = null;
    this.bell.dispatchEvent(new Event("ring"));
    this.tell();
  }

  async gate() {
    while (this.isPaused) await this.ring();
  }

  async through(pack) {
    let rest = await this.patiently(() => this.lacking(pack));
    let isAgain = false;
    const { rejected } = await this.patiently(async () => {
      // What was cut off on its way may have come in part: that is not sent again.
      if (isAgain) rest = await this.remaining(rest);
      isAgain = true;
      return rest.items.length ? this.put(rest) : { rejected: [] };
    });
    this.listing.rejected.push(...rejected);
    this.count(rest.items);
  }

  // Without what the workspace has: a few files are asked about, and all of them where the ones before were there.
  async lacking(pack) {
    if (!self.crypto?.subtle) return pack;
    try {
      const asked = this.knowsMuch ? pack.items : spread(pack.items, SAMPLE);
      const adopted = await this.server.adopted(asked);
      if (adopted.size && asked.length < pack.items.length) {
        for (const path of await this.server.adopted(pack.without(adopted).items)) adopted.add(path);
      }
      this.knowsMuch = adopted.size > 0;
      this.count(pack.items.filter(({ path }) => adopted.has(path)));
      return pack.without(adopted);
    } catch (error) {
      const readable = error instanceof ProblemError ? pack : await this.readable(pack);
      if (readable.items.length === pack.items.length) throw error;
      return this.lacking(readable);
    }
  }

  async remaining(pack) {
    const rest = await this.readable(pack);
    this.arrived ??= this.server.arrived().finally(() => (this.arrived = null)); // one list for all lanes
    const there = await this.arrived;
    const through = rest.items.filter((item) => isThere(there, item));
    this.count(through);
    return rest.without(new Set(through.map(({ path }) => path)));
  }

  async put(pack) {
    const body = pack.body();
    try {
      return await this.server.put(body, (loaded) => {
        this.onTheWay.set(pack, (pack.bytes * loaded) / body.size);
        this.tell();
      });
    } finally {
      this.onTheWay.delete(pack);
    }
  }

  // A browser does not say why a body could not be sent: whether it was a file that has changed shows when it is read.
  async readable(pack) {
    const lost = new Set();
    const look = async (item) => {
      try {
        await item.content.slice(0, 1).arrayBuffer();
      } catch {
        lost.add(item.path);
        this.giveUp(item, CHANGED);
      }
    };
    await Promise.all(pack.items.map(look));
    return pack.without(lost);
  }

  // Repeats what the network or the server cannot do now, for as long as it takes; what is refused is not repeated.
  async patiently(action) {
    for (let attempt = 1; ; attempt += 1) {
      await this.gate();
      try {
        const answer = await action();
        if (!this.isPaused) this.trouble = null;
        return answer;
      } catch (error) {
        if (error.status === NO_ROOM) {
          this.pause(error.message);
        } else {
          const isPassing = error.status === 0 || error.status === TOO_MANY || error.status >= 500;
          if (!(error instanceof ProblemError) || !isPassing) throw error;
          if (!this.isPaused) this.trouble = error.status ? error.message : "offline";
          this.tell();
          await this.ring(Math.min(2 ** attempt / 2, LONGEST_WAIT_SECONDS));
        }
      }
    }
  }

  // Until somebody rings (the network is back, a person wants to go on), or some seconds have passed.
  ring(seconds = null) {
    return new Promise((resolve) => {
      this.bell.addEventListener("ring", resolve, { once: true });
      if (seconds !== null) setTimeout(resolve, seconds * 1000);
    });
  }

  giveUp(item, reason) {
    this.listing.leaveOut([{ path: item.path, reason }]);
    this.tell();
  }

  count(items) {
    this.sent.files += items.length;
    this.sent.bytes += total(items);
    this.tell();
  }
}

const total = (items) => items.reduce((sum, { size }) => sum + size, 0);

function spread(items, count) {
  const step = Math.max(1, Math.floor(items.length / count));
  return items.filter((_, place) => place % step === 0).slice(0, count);
}
