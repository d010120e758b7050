// The image before and the one after, by the arrow keys, where nothing else takes them.

const RELATIONS = { ArrowLeft: "prev", ArrowRight: "next" };
const TAKES_ARROWS = "input, select, textarea, .figure";

export default class Neighbours {
  constructor(element) {
    document.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest(TAKES_ARROWS)) return;
      element.querySelector(`[rel=${RELATIONS[event.key]}]`)?.click();
    });
  }
}
