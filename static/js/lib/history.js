// Steps back and forth through states that never change themselves.

const TOGETHER_MS = 1200;

export class History {
  constructor(state, now = () => performance.now()) {
    this.now = now;
    this.past = [];
    this.future = [];
    this.state = state;
  }

  // Quick changes under one key, such as keystrokes in one field, are one step.
  push(state, key = null) {
    if (state === this.state) return;
    const isSameStep = key !== null && key === this.key && this.now() - this.at < TOGETHER_MS;
    if (!isSameStep) this.past.push(this.state);
    this.state = state;
    this.future = [];
    this.key = key;
    this.at = this.now();
  }

  undo() {
    return this.step(this.past, this.future);
  }

  redo() {
    return this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return false;
    to.push(this.state);
    this.state = from.pop();
    this.key = null;
    return true;
  }
}
