// Of several figures of a page one after another is asked for: the first is seen while the others are still to come. A
// server that is asked for all of them at once answers all of them late.

let last = Promise.resolve();

export function inTurn(ask) {
  const answered = last.then(ask);
  last = answered.catch(() => {});
  return answered;
}
