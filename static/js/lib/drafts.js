// Asks what a draft would be. Only the newest question counts: answers that come too late are dropped.

import { ProblemError, requestJson } from "./http.js";

const ADDRESS = "/api/v1/architectures/drafts";

export class DraftClient {
  constructor({ onAnswer, onFailure }) {
    this.onAnswer = onAnswer;
    this.onFailure = onFailure;
  }

  // `tag` comes back with the answer, so that who asks knows for which state it is.
  ask(body, { tag = null, after = 60 } = {}) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(body, tag), after);
  }

  drop() {
    clearTimeout(this.timer);
    this.underway?.abort();
  }

  async send(body, tag) {
    this.underway?.abort();
    const underway = (this.underway = new AbortController());
    try {
      const answer = await requestJson(ADDRESS, { method: "POST", body, signal: underway.signal });
      if (this.underway === underway) this.onAnswer(answer, tag);
    } catch (error) {
      if (this.underway !== underway || error.name === "AbortError") return;
      const message = error instanceof ProblemError ? error.message : "The server does not answer; the draft is safe here.";
      this.onFailure(message, tag);
    }
  }
}
