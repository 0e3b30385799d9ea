import { createTheme, type MantineColorSchemeManager } from "@mantine/core";

/** Sizes and manners of Mantine's components; colours come from tokens.css through mantine.css. */
export const theme = createTheme({
  primaryColor: "blue",
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // mantine.css colours a button by its variant, and Mantine names only one that is given.
    Button: { defaultProps: { size: "xs", variant: "filled" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "sm" } },
    Tooltip: {
      defaultProps: {
        openDelay: 350,
        withArrow: false,
        transitionProps: { duration: 0 },
        events: { hover: true, focus: true, touch: false },
      },
    },
    Popover: { defaultProps: { transitionProps: { duration: 0 } } },
    Menu: { defaultProps: { transitionProps: { duration: 0 }, shadow: "sm" } },
    TextInput: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs", transitionDuration: 0 } },
    Modal: { defaultProps: { transitionProps: { duration: 0 }, lockScroll: false } },
  },
});

const KEY = "seawall.theme";

/** The same key that `boot.js` reads before the first paint. */
export const schemeManager: MantineColorSchemeManager = {
  get: (fallback) => {
    const stored = read();
    return stored === "light" || stored === "dark" || stored === "auto" ? stored : fallback;
  },
  set: (value) => {
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
  },
  subscribe: () => {},
  unsubscribe: () => {},
  clear: () => {
    try {
      localStorage.removeItem(KEY);
    } catch {
      // as above
    }
  },
};

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
