// How fast something goes and when it is over, over the last seconds: a bar's end should not jump with every pack.

const WINDOW_SECONDS = 10;
const LEAST_SECONDS = 1.5;

export class Rate {
  constructor() {
    this.seen = [];
  }

  // {perSecond, left: words}, or null while too little is known.
  at(seconds, done, total) {
    this.seen.push({ seconds, done });
    while (this.seen.length > 2 && this.seen[1].seconds < seconds - WINDOW_SECONDS) this.seen.shift();
    const [first] = this.seen;
    const perSecond = (done - first.done) / (seconds - first.seconds);
    if (seconds - first.seconds < LEAST_SECONDS || !(perSecond > 0)) return null;
    return { perSecond, left: leftText((total - done) / perSecond) };
  }

  stop() {
    this.seen = [];
    return null;
  }
}

export function leftText(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}
