import { ActionIcon, Tooltip } from "@mantine/core";
import { EVENT_KINDS, type EventKind } from "~/api/types";
import type { Params } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { Icon } from "~/marks/Icon";
import styles from "./dock.module.css";
import { EventList, NAMES } from "./EventList";
import { useGrip } from "./Grip";
import { Tabs } from "./Tabs";

const DOCK = { key: "seawall.dock", usual: 232, least: 100, most: 700, share: 0.65 };

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
  const { size: height, grip } = useGrip("top", "Height of the dock", DOCK);
  const roomy = innerHeight >= 740 && innerWidth > 760;
  const open = search.dock ? search.dock !== "off" : roomy;
  const kind = kinds.find((one) => one === search.dock) ?? first;
  return (
    <section className={styles.dock} aria-label={`Events of ${what}`} style={open ? { height } : undefined}>
      {open && grip}
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
