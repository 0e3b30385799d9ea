import { Link } from "@tanstack/react-router";
import type { KeyboardEvent } from "react";
import { useRead } from "~/api/queries";
import type { IncidentSummary } from "~/api/types";
import { entityLabel, entityOf } from "~/context/entity";
import { kept, useConsole } from "~/context/useConsole";
import { RULES } from "~/format/commands";
import { plural } from "~/format/numbers";
import { SeverityMark, Simulated, StateMark } from "~/marks/marks";
import { Answered, Empty, SkeletonLines } from "~/parts/States";
import { panelProps, Tabs } from "~/parts/Tabs";
import { Ago } from "~/parts/Time";
import styles from "./incidents.module.css";
import { STATE_TONES, STATES, STORIES } from "./states";
import { hits, TACTICS } from "./tactics";

const RANK: Record<string, number> = { critical: 0, high: 1, medium: 2, low: 3, info: 4 };

/** What is the story, what do I do? The list of stories. */
export default function Incidents() {
  const { params, search, set, window } = useConsole();
  const answer = useRead<IncidentSummary[]>("/incidents", { ...params, from: STORIES }, { live: window.live });
  const state = search.state ?? "alive";
  const all = answer.data ?? [];
  const number = (one: string) =>
    all.filter((incident) => (one === "alive" ? incident.state !== "closed" : incident.state === one)).length;
  const tabs = ["alive", ...STATES].map((id) => ({ id, name: id === "alive" ? "not closed" : id, count: number(id) }));
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Incidents</h1>
      <div className={styles.tools} style={{ paddingBlock: 0, paddingLeft: 8 }}>
        <Tabs
          id="incidents"
          label="State"
          items={tabs}
          active={state}
          onChange={(next) => set({ state: next === "alive" ? undefined : next }, true)}
        />
      </div>
      <div className={styles.list} {...panelProps("incidents", state)}>
        <Answered answer={answer} what="Incidents" skeleton={<SkeletonLines lines={8} />}>
          {(incidents) => {
            const shown = incidents
              .filter((one) => (state === "alive" ? one.state !== "closed" : one.state === state))
              .sort(
                (a, b) => (RANK[a.severity] ?? 9) - (RANK[b.severity] ?? 9) || b.lastSeen.localeCompare(a.lastSeen),
              );
            if (shown.length === 0)
              return (
                <Empty
                  icon="check"
                  title={state === "alive" ? "Nothing is open" : `Nothing is ${state}`}
                  command={incidents.length === 0 ? RULES : undefined}
                >
                  {incidents.length === 0
                    ? "No signal became an incident in this window. The rules say what can be seen; Health says what cannot."
                    : "Other states hold incidents: see the tabs above."}
                </Empty>
              );
            return shown.map((incident) => <Item key={incident.id} incident={incident} />);
          }}
        </Answered>
      </div>
    </div>
  );
}

function walk(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next =
    step === 1
      ? event.currentTarget.nextElementSibling
      : step === -1
        ? event.currentTarget.previousElementSibling
        : null;
  if (next instanceof HTMLElement) {
    event.preventDefault();
    next.focus();
  }
}

function Item({ incident }: { incident: IncidentSummary }) {
  const names = incident.entities.map((id) => entityOf(id)).filter((one) => one !== null);
  return (
    <Link
      to="/incidents/$incident"
      params={{ incident: incident.id }}
      search={kept() as never}
      className={styles.item}
      onKeyDown={walk}
    >
      <SeverityMark severity={incident.severity} />
      <span className={styles.itemTitle}>{incident.title}</span>
      <StateMark tone={STATE_TONES[incident.state] ?? "unknown"}>{incident.state}</StateMark>
      <span className={styles.when}>
        <Ago at={incident.lastSeen} />
      </span>
      <span className={styles.itemMeta}>
        <Strip stages={incident.stages} />
        <span>{plural(incident.signals, "signal")}</span>
        <span>
          {names.slice(0, 3).map(entityLabel).join(", ")}
          {names.length > 3 ? ` and ${names.length - 3} more` : ""}
        </span>
        {incident.simulated && <Simulated />}
      </span>
    </Link>
  );
}

function Strip({ stages }: { stages: string[] }) {
  const hit = hits(stages);
  const names = TACTICS.filter((tactic) => hit.has(tactic.id)).map((tactic) => tactic.name);
  return (
    <span
      className={`${styles.strip} ${styles.mini}`}
      role="img"
      aria-label={`Kill chain: ${names.join(", ")}`}
      title={names.join(" · ")}
    >
      {TACTICS.map((tactic) => (
        <i key={tactic.id} data-hit={hit.has(tactic.id)} />
      ))}
    </span>
  );
}
