import { ActionIcon, Tooltip } from "@mantine/core";
import { type PointerEvent, useState } from "react";
import { EVENT_KINDS, type EventKind } from "~/api/types";
import type { Params } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { Icon } from "~/marks/Icon";
import styles from "./dock.module.css";
import { EventList, NAMES } from "./EventList";
import { Tabs } from "./Tabs";

const KEY = "seawall.dock";

function storedHeight(): number {
  const stored = Number(localStorage.getItem(KEY));
  return stored >= 100 && stored <= 700 ? stored : 232;
}

/** The events of what is selected, under the page. Open by default where there is room; `dock=off` closes it. */
export function Dock({
  params,
  what,
  kinds = EVENT_KINDS,
  first = "flow",
}: {
  params: Params;
  what: string;
  kinds?: readonly EventKind[];
  first?: EventKind;
}) {
  const { search, set, window: time } = useConsole();
  const [height, setHeight] = useState(storedHeight);
  const roomy = innerHeight >= 740 && innerWidth > 760;
  const open = search.dock ? search.dock !== "off" : roomy;
  const kind = kinds.find((one) => one === search.dock) ?? first;
  const resize = (next: number) => {
    const clamped = Math.min(Math.max(next, 100), Math.round(innerHeight * 0.65));
    setHeight(clamped);
    localStorage.setItem(KEY, String(clamped));
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId))
      resize(event.currentTarget.parentElement!.getBoundingClientRect().bottom - event.clientY);
  };
  return (
    <section className={styles.dock} aria-label={`Events of ${what}`} style={open ? { height } : undefined}>
      {open && (
        <div
          className={styles.grip}
          role="separator"
          aria-orientation="horizontal"
          aria-label="Height of the dock"
          aria-valuenow={height}
          aria-valuemin={100}
          aria-valuemax={700}
          tabIndex={0}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={drag}
          onKeyDown={(event) => {
            const step = { ArrowUp: 24, ArrowDown: -24 }[event.key];
            if (step) resize(height + step);
          }}
        />
      )}
      <div className={styles.head}>
        <Tabs
          id="dock"
          label="Kind of event"
          active={kind}
          onChange={(next) => set({ dock: next }, true)}
          items={kinds.map((one) => ({ id: one, name: NAMES[one][0]!.toUpperCase() + NAMES[one].slice(1) }))}
        />
        <span className={styles.what}>of {what}</span>
        <Tooltip label={open ? "Close the dock" : "Open the dock"}>
          <ActionIcon
            aria-label={open ? "Close the dock" : "Open the dock"}
            aria-expanded={open}
            onClick={() => set({ dock: open ? "off" : kind }, true)}
          >
            <Icon name={open ? "down" : "up"} size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <div className={styles.body} id="dock-panel" role="tabpanel" aria-labelledby={`dock-tab-${kind}`} hidden={!open}>
        {open && <EventList kind={kind} params={params} live={time.live} what={what} />}
      </div>
    </section>
  );
}
