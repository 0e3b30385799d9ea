import { useMediaQuery } from "@mantine/hooks";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useRead } from "~/api/queries";
import type { Me } from "~/api/types";
import { kept, PLACES, setClock, useConsole } from "~/context/useConsole";
import { useGrip } from "~/parts/Grip";
import { SkeletonLines } from "~/parts/States";
import { ContextBar } from "./ContextBar";
import styles from "./frame.module.css";
import { Keys } from "./Keys";
import { Navigation } from "./Navigation";
import { SignIn } from "./SignIn";

const Drawer = lazy(() => import("~/drawer/Drawer"));

/** The one frame: places, context bar, page, drawer. */
export function Frame() {
  const me = useRead<Me>("/me", {}, { staleTime: 300_000 });
  const clock = me.data?.recorded && me.data.now ? Date.parse(me.data.now) : null;
  useEffect(() => {
    if (clock !== null) setClock(clock);
  }, [clock]);
  const [keys, setKeys] = useState(false);
  useShortcuts(() => setKeys((shown) => !shown));
  const { selection } = useConsole();
  const narrow = useMediaQuery("(max-width: 1180px)", false, { getInitialValueInEffect: false });
  const content = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // A new place starts at its top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: exactly when the place changes
  useEffect(() => {
    // Newer browsers answer a promise, which is no clean-up.
    void content.current?.scrollTo(0, 0);
  }, [path]);

  if (me.error?.signedOut) return <SignIn />;
  return (
    <div className={styles.frame} data-nav={narrow ? "narrow" : "wide"} data-drawer={selection ? "open" : "closed"}>
      <a className={styles.skip} href="#content">
        Skip to the page
      </a>
      <Navigation onKeys={() => setKeys(true)} />
      <div className={styles.main}>
        <ContextBar />
        <div className={styles.body}>
          <main ref={content} id="content" className={styles.content} tabIndex={-1}>
            <Suspense fallback={<SkeletonLines lines={8} />}>
              <Outlet />
            </Suspense>
          </main>
          {selection && (
            <DrawerRegion>
              <Suspense fallback={<SkeletonLines lines={8} />}>
                <Drawer selection={selection} />
              </Suspense>
            </DrawerRegion>
          )}
        </div>
      </div>
      <Keys opened={keys} onClose={() => setKeys(false)} />
    </div>
  );
}

const DRAWER = { key: "seawall.drawer", usual: 480, least: 320, most: 1200, share: 0.7 };

function DrawerRegion({ children }: { children: React.ReactNode }) {
  const { size, grip } = useGrip("left", "Width of the drawer", DRAWER);
  return (
    <aside
      className={styles.drawer}
      aria-labelledby="drawer-title"
      ref={(element) => element?.style.setProperty("--drawer-width", `${size}px`)}
    >
      {grip}
      {children}
    </aside>
  );
}

/** `/` filter, `g` and a letter go, `?` keys, `Esc` closes the drawer, `l` live, `[` `]` time back and forth. */
function useShortcuts(onHelp: () => void) {
  const navigate = useNavigate();
  const { selection, select, window: time, set } = useConsole();
  const going = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      const typing = target.matches("input, textarea, select, [contenteditable]");
      if (event.key === "Escape") {
        if (document.querySelector('[role="dialog"], [role="menu"]')) return;
        if (typing) target.blur();
        else if (selection) {
          select(null);
          document.getElementById("content")?.focus({ preventScroll: true });
        }
        return;
      }
      if (typing) return;
      const now = performance.now();
      if (now - going.current < 1200) {
        going.current = 0;
        const place = PLACES.find((one) => one.key === event.key);
        if (place) {
          event.preventDefault();
          void navigate({ to: place.to, search: kept() as never });
          document.getElementById("content")?.focus({ preventScroll: true });
        }
        return;
      }
      switch (event.key) {
        case "g":
          going.current = now;
          break;
        case "/":
          event.preventDefault();
          document.getElementById("filter")?.focus();
          break;
        case "?":
          onHelp();
          break;
        case "l":
          set(time.live ? { live: undefined } : { live: "1", to: undefined });
          break;
        default:
          return;
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [navigate, selection, select, set, time.live, onHelp]);
}
