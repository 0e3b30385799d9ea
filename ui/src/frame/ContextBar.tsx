import { Menu } from "@mantine/core";
import { useRead } from "~/api/queries";
import type { ClusterSummary, Overview } from "~/api/types";
import { identityLabel } from "~/context/entity";
import { CONTEXT_LISTS, toggled } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { count } from "~/format/numbers";
import { Icon, kindIcon } from "~/marks/Icon";
import { Simulated } from "~/marks/marks";
import { CopyIcon } from "~/parts/Copy";
import { Progress } from "~/parts/States";
import { FilterBar } from "./FilterBar";
import styles from "./frame.module.css";
import { TimePicker } from "./TimePicker";

/** Cluster, time, entities and filter: what every page answers. All of it is the URL. */
export function ContextBar() {
  const { params, window } = useConsole();
  const overview = useRead<Overview>("/overview", params, { live: window.live });
  return (
    <header className={styles.bar}>
      <ClusterMenu />
      <TimePicker />
      <FilterBar chips={<Chips />} />
      <span className={styles.deskOnly}>{overview.data?.simulated && <Simulated what="holds simulated data" />}</span>
      <span className={styles.deskOnly}>
        <CopyIcon text={() => location.href} label="Copy a link to exactly this" icon="link" />
      </span>
      <Progress />
    </header>
  );
}

function ClusterMenu() {
  const { context, set } = useConsole();
  const clusters = useRead<ClusterSummary[]>("/clusters", {}, { staleTime: 60_000 });
  const chosen = context.cluster ?? [];
  const known = clusters.data ?? [];
  const name = (id: string) => known.find((one) => one.id === id || one.name === id)?.name ?? id;
  const label =
    chosen.length === 0
      ? known.length === 1
        ? known[0]!.name
        : known.length
          ? `all ${known.length} clusters`
          : "cluster"
      : chosen.map(name).join(", ");
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <button type="button" className={`${styles.control} ${styles.grow}`} aria-label={`Cluster: ${label}`}>
          <Icon name="cluster" />
          <strong>{label}</strong>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() => set({ cluster: undefined })}
          rightSection={chosen.length === 0 ? <Icon name="check" size={14} /> : null}
        >
          All clusters
        </Menu.Item>
        {known.map((one) => (
          <Menu.Item
            key={one.id}
            onClick={() => set({ cluster: [one.id], sel: undefined, tab: undefined })}
            leftSection={<Icon name="cluster" size={14} />}
            rightSection={
              chosen.includes(one.id) ? <Icon name="check" size={14} /> : one.simulated ? <Simulated /> : null
            }
          >
            {one.name}
            <div style={{ color: "var(--text-3)", fontSize: "var(--text-s)" }}>
              {[one.version, one.objects === null ? "" : `${count(one.objects)} objects`, one.scope]
                .filter(Boolean)
                .join(" · ")}
            </div>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Chips() {
  const { context, set } = useConsole();
  return CONTEXT_LISTS.filter((list) => list !== "cluster").flatMap((list) =>
    (context[list] ?? []).map((value) => (
      <span key={`${list}:${value}`} className={styles.chip} title={`${list} ${value}`}>
        <Icon name={kindIcon(list)} size={12} />
        <span>{list === "identity" ? identityLabel(value) : value}</span>
        <button type="button" aria-label={`Remove ${list} ${value}`} onClick={() => set(toggled(context, list, value))}>
          <Icon name="close" size={11} />
        </button>
      </span>
    )),
  );
}
