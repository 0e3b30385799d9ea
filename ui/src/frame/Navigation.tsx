import { Tooltip, useMantineColorScheme } from "@mantine/core";
import { Link, useRouterState } from "@tanstack/react-router";
import { post } from "~/api/client";
import { queryClient, useRead } from "~/api/queries";
import type { Overview } from "~/api/types";
import { kept, PLACES, useConsole } from "~/context/useConsole";
import { Icon } from "~/marks/Icon";
import styles from "./frame.module.css";

export function Brand() {
  return (
    <div className={styles.brand}>
      <svg width="20" height="20" viewBox="0 0 16 16" aria-hidden>
        <path
          d="M1 3h6v3.6H1zM8.2 3H15v3.6H8.2zM1 7.8h3.2v3.6H1zM5.4 7.8h5.6v3.6H5.4zM12.2 7.8H15v3.6h-2.8z"
          fill="var(--accent)"
        />
        <path
          d="M1 13.8c1.2 0 1.2-.8 2.4-.8s1.2.8 2.3.8S6.9 13 8 13s1.2.8 2.3.8 1.2-.8 2.4-.8 1.2.8 2.3.8"
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.1"
          strokeLinecap="round"
        />
      </svg>
      <span>Seawall</span>
    </div>
  );
}

/** The six places, and what lies beneath them. Links keep the context. */
export function Navigation({ onKeys }: { onKeys: () => void }) {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const { params, window } = useConsole();
  const overview = useRead<Overview>("/overview", params, { live: window.live });
  const open = (overview.data?.incidents.open ?? 0) + (overview.data?.incidents.investigating ?? 0);
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const dark = document.documentElement.getAttribute("data-mantine-color-scheme") === "dark";
  void colorScheme;

  const place = ({ to, name, icon, key }: (typeof PLACES)[number]) => {
    const root = to === "/explore/flow" ? "/explore" : to;
    const active = root === "/" ? path === "/" : path.startsWith(root);
    return (
      <Link
        key={to}
        to={to}
        search={kept() as never}
        className={styles.place}
        data-active={active}
        aria-current={active ? "page" : undefined}
      >
        <Icon name={icon} />
        <span>{name}</span>
        {name === "Incidents" && open > 0 ? (
          <b className={styles.badge} title={`${open} not closed`}>
            {open}
          </b>
        ) : (
          <kbd aria-hidden>g {key}</kbd>
        )}
      </Link>
    );
  };

  return (
    <nav className={styles.nav} aria-label="Places">
      <Brand />
      {PLACES.slice(0, 6).map(place)}
      <div className={styles.divider} />
      {PLACES.slice(6).map(place)}
      <div className={styles.navFoot}>
        <Tooltip label={dark ? "Light theme" : "Dark theme"} position="right">
          <button type="button" className={styles.place} onClick={() => setColorScheme(dark ? "light" : "dark")}>
            <Icon name={dark ? "sun" : "moon"} />
            <span>{dark ? "Light" : "Dark"}</span>
          </button>
        </Tooltip>
        <button type="button" className={styles.place} onClick={onKeys}>
          <Icon name="keyboard" />
          <span>Keys</span>
          <kbd aria-hidden>?</kbd>
        </button>
        <button
          type="button"
          className={styles.place}
          onClick={() =>
            void post("/logout", {}).finally(() => {
              queryClient.clear();
              location.reload();
            })
          }
        >
          <Icon name="signout" />
          <span>Sign out</span>
        </button>
      </div>
    </nav>
  );
}
