// Marks the rows and columns of a cause: for as long as the pointer or the focus is on its card, or for good by its link.

export default class Differences {
  constructor(element) {
    this.element = element;
    this.rows = [...element.querySelectorAll("[data-causes]")];
    this.pinned = new URL(location.href).searchParams.get("cause");
    for (const card of element.querySelectorAll("[data-cause]")) this.watch(card);
    document.addEventListener("diceboard:figure-drawn", () => this.mark(this.pinned));
    addEventListener("hashchange", () => this.unfold());
    this.unfold();
  }

  watch(card) {
    const { cause } = card.dataset;
    for (const kind of ["pointerenter", "focusin"]) card.addEventListener(kind, () => this.mark(cause));
    for (const kind of ["pointerleave", "focusout"]) card.addEventListener(kind, () => this.mark(this.pinned));
    card.querySelector("[data-cause-link]").addEventListener("click", (event) => {
      event.preventDefault();
      this.pin(this.pinned === cause ? null : cause);
    });
  }

  pin(cause) {
    this.pinned = cause;
    const address = new URL(location.href);
    if (cause) address.searchParams.set("cause", cause);
    else address.searchParams.delete("cause");
    history.replaceState(null, "", address);
    for (const link of this.element.querySelectorAll("[data-cause-link]")) {
      const isPinned = link.dataset.causeLink === cause;
      link.textContent = isPinned ? "Unmark its rows" : "Mark its rows";
      if (isPinned) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    this.mark(cause);
  }

  mark(cause) {
    const columns = [];
    for (const row of this.rows) {
      const isLit = cause !== null && row.dataset.causes.split(" ").includes(cause);
      row.classList.toggle("row-lit", isLit);
      if (isLit) columns.push(Number(row.id.slice(4)));
    }
    for (const card of this.element.querySelectorAll("[data-cause]")) {
      card.classList.toggle("cause-lit", card.dataset.cause === cause);
    }
    document.dispatchEvent(new CustomEvent("diceboard:mark", { detail: { columns } }));
  }

  unfold() {
    const fold = document.getElementById(location.hash.slice(1))?.closest(".same-run");
    if (fold) fold.querySelector(".same-run-head input").checked = true;
  }
}
