// Keeps a draft that was not saved for as long as its tab lives.

export class DraftStore {
  constructor(key, opened) {
    this.key = `diceboard.draft.${key}`;
    this.opened = JSON.stringify(opened);
  }

  isOpened(state) {
    return JSON.stringify(state) === this.opened;
  }

  // What was kept, where it is not what is opened anyway.
  kept() {
    const text = sessionStorage.getItem(this.key);
    return text && text !== this.opened ? JSON.parse(text) : null;
  }

  keep(state) {
    try {
      if (this.isOpened(state)) this.forget();
      else sessionStorage.setItem(this.key, JSON.stringify(state));
    } catch {
      // A browser that keeps nothing still edits.
    }
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }
}
