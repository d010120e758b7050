// Which colours are shown, whoever chose them: the page's own switch or the system.

const dark = matchMedia("(prefers-color-scheme: dark)");

export function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
}

export function onThemeChange(callback) {
  dark.addEventListener("change", callback);
  document.addEventListener("diceboard:theme", callback);
}
