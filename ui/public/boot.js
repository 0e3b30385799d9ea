// Runs before the first paint, so that a dark console never flashes white. A file of its own: the content security policy has no inline scripts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("seawall.theme");
  } catch {
    // storage may be forbidden; the system's preference stands
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
