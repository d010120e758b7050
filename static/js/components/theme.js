// Switches between the system's colours, light and dark; a cookie lets the server render the next page right at once.

const ORDER = ["auto", "light", "dark"];
const YEAR_SECONDS = 365 * 24 * 3600;

export default class Theme {
  constructor(element) {
    this.element = element;
    element.addEventListener("click", () => this.next());
  }

  next() {
    const root = document.documentElement;
    const theme = ORDER[(ORDER.indexOf(root.dataset.theme) + 1) % ORDER.length];
    root.dataset.theme = theme;
    document.cookie = `diceboard_theme=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
    this.element.ariaLabel = this.element.title = `Colours: ${theme}`;
    document.dispatchEvent(new Event("diceboard:theme"));
  }
}
