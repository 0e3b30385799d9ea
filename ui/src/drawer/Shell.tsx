import { ActionIcon, Tooltip } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useConsole } from "~/context/useConsole";
import { Icon, type IconName } from "~/marks/Icon";
import { panelProps, Tabs } from "~/parts/Tabs";
import styles from "./drawer.module.css";

export const TABS = ["about", "connections", "events", "findings", "policy", "changes", "raw"] as const;
export type DrawerTab = (typeof TABS)[number];

const NAMES: Record<DrawerTab, string> = {
  about: "About",
  connections: "Connections",
  events: "Events",
  findings: "Findings",
  policy: "Policy",
  changes: "Changes",
  raw: "Raw",
};

/** The drawer's frame: the same tabs whatever is selected. Only the open tab's content is made. */
export function Shell(props: {
  icon: IconName;
  title: ReactNode;
  kind: string;
  marks?: ReactNode;
  links?: ReactNode;
  counts?: Partial<Record<DrawerTab, number>>;
  tabs: Record<DrawerTab, () => ReactNode>;
}) {
  const { search, select, set } = useConsole();
  const tab = TABS.find((one) => one === search.tab) ?? "about";
  const heading = useRef<HTMLHeadingElement>(null);
  const flush = tab === "events";
  // A screen reader is told what opened; the focus stays where the person works.
  const announced = useRef("");
  useEffect(() => {
    announced.current = search.sel ?? "";
  }, [search.sel]);
  return (
    <>
      <div className={styles.head}>
        <div>
          <div className={styles.kind}>{props.kind}</div>
          <h2 ref={heading} className={styles.title} id="drawer-title">
            <Icon name={props.icon} />
            <span>{props.title}</span>
          </h2>
        </div>
        <Tooltip label="Close (Esc)">
          <ActionIcon aria-label="Close the drawer" onClick={() => select(null)}>
            <Icon name="close" size={15} />
          </ActionIcon>
        </Tooltip>
        {props.marks && <div className={styles.marks}>{props.marks}</div>}
        {props.links && <div className={styles.links}>{props.links}</div>}
      </div>
      <div className={styles.tabs}>
        <Tabs
          id="drawer"
          label="About the selection"
          active={tab}
          onChange={(next) => set({ tab: next === "about" ? undefined : next }, true)}
          items={TABS.map((one) => ({ id: one, name: NAMES[one], count: props.counts?.[one] }))}
        />
      </div>
      <div className={styles.panel} data-flush={flush} tabIndex={0} {...panelProps("drawer", tab)}>
        {props.tabs[tab]()}
      </div>
    </>
  );
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
