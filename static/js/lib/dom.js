// Elements made from data: text is only ever text.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Children replaced, with the focus kept where an element with the same key is there again.
export function refill(parent, children) {
  const active = parent.contains(document.activeElement) ? document.activeElement : null;
  const key = active?.closest("[data-key]")?.dataset.key;
  const selection = key && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  parent.replaceChildren(...children);
  const again = key && parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (selection && again.setSelectionRange && again.type === "text") again.setSelectionRange(...selection);
}
