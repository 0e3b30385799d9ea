import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Fragment, type KeyboardEvent, useMemo, useState } from "react";
import { type ProblemError, post } from "~/api/client";
import { queryClient, useRead } from "~/api/queries";
import type { Incident, Me, TimelineEntry } from "~/api/types";
import { type Entity, entityLabel, entityOf } from "~/context/entity";
import { contextParams, narrowedTo } from "~/context/search";
import { rfc3339 } from "~/context/time";
import { kept, useConsole } from "~/context/useConsole";
import { ask } from "~/format/commands";
import { duration, plural } from "~/format/numbers";
import { Icon, kindIcon } from "~/marks/Icon";
import { EntityName, SeverityMark, Simulated, StateMark } from "~/marks/marks";
import { CopyButton } from "~/parts/Copy";
import { Dock } from "~/parts/Dock";
import { Answered, Empty, SkeletonLines } from "~/parts/States";
import { Ago, Clock } from "~/parts/Time";
import styles from "./incidents.module.css";
import { STATE_TONES } from "./states";
import { hits, others, TACTICS } from "./tactics";

/** One story: kill chain, timeline over all kinds, signals, entities, what was done. */
export default function IncidentPage() {
  const { incident: id } = useParams({ strict: false }) as { incident: string };
  const { window } = useConsole();
  const answer = useRead<Incident>(`/incidents/${encodeURIComponent(id)}`, {}, { live: window.live, keep: false });
  return (
    <div className={styles.page}>
      <Answered answer={answer} what="The incident" skeleton={<SkeletonLines lines={12} />}>
        {(incident) => <Story incident={incident} />}
      </Answered>
    </div>
  );
}

function Story({ incident }: { incident: Incident }) {
  const { context, selection } = useConsole();
  const entities = useMemo(
    () => incident.entities.map(entityOf).filter((one): one is Entity => one !== null),
    [incident.entities],
  );
  const subject = selection?.what === "entity" ? selection.entity : (entities[0] ?? null);
  // The dock shows the incident's own time, whatever the context's window is: a little before, a little after.
  const around = {
    from: rfc3339(Date.parse(incident.firstSeen) - 300_000),
    to: rfc3339(Date.parse(incident.lastSeen) + 300_000),
    live: undefined,
  };
  const dock = subject
    ? contextParams({ ...narrowedTo({ ...context, q: undefined }, subject), ...around })
    : contextParams({ ...context, ...around });
  return (
    <>
      <Head incident={incident} entities={entities} />
      <div className={styles.columns}>
        <Timeline incident={incident} />
        <Side incident={incident} />
      </div>
      <Dock
        params={dock}
        what={subject ? `${entityLabel(subject)}, during the incident` : "the incident"}
        first={subject?.kind === "identity" ? "audit" : "flow"}
      />
    </>
  );
}

function Head({ incident, entities }: { incident: Incident; entities: Entity[] }) {
  const { open } = useConsole();
  const act = useAct(incident);
  const me = useRead<Me>("/me", {}, { staleTime: 300_000 });
  const may = me.data?.role === "operate" || me.data?.role === "admin";
  const seconds = (Date.parse(incident.lastSeen) - Date.parse(incident.firstSeen)) / 1000;
  return (
    <header className={styles.head}>
      <Link to="/incidents" search={kept() as never} className={styles.back}>
        <Icon name="left" size={12} /> Incidents
      </Link>
      <div className={styles.titleRow}>
        <h1>{incident.title}</h1>
        <div className={styles.acts}>
          {incident.state === "open" && (
            <Button
              onClick={() => act.mutate({ action: "acknowledge", text: "" })}
              disabled={!may}
              loading={act.isPending}
              title={may ? undefined : "Your role may look, not act"}
            >
              Acknowledge
            </Button>
          )}
          {incident.state !== "closed" ? (
            <Button
              variant="default"
              onClick={() => act.mutate({ action: "close", text: "" })}
              disabled={!may || act.isPending}
            >
              Close
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => act.mutate({ action: "reopen", text: "" })}
              disabled={!may || act.isPending}
            >
              Reopen
            </Button>
          )}
          <CopyButton size="xs" text={ask(`/incidents/${encodeURIComponent(incident.id)}`)}>
            curl
          </CopyButton>
        </div>
      </div>
      {act.error && (
        <p role="alert" style={{ color: "var(--denied)" }}>
          {act.error.status === 409
            ? "Somebody else acted meanwhile; the page shows the newest state now."
            : act.error.message}
        </p>
      )}
      <div className={styles.meta}>
        <SeverityMark severity={incident.severity} soft />
        <StateMark tone={STATE_TONES[incident.state] ?? "unknown"} soft>
          {incident.state}
        </StateMark>
        <span>{plural(incident.signals.length, "signal")}</span>
        <span>
          began <Ago at={incident.firstSeen} />, last <Ago at={incident.lastSeen} />, over {duration(seconds)}
        </span>
        {incident.simulated && <Simulated what="holds simulated data" />}
      </div>
      <Chain incident={incident} />
      <div className={styles.entities}>
        {entities.map((entity) => (
          <span key={`${entity.kind}/${entity.namespace}/${entity.name}`} className={styles.entityChip}>
            <EntityName entity={entity} onOpen={open} />
          </span>
        ))}
      </div>
    </header>
  );
}

function Chain({ incident }: { incident: Incident }) {
  const hit = hits(incident.stages);
  return (
    <ol className={styles.stages} aria-label="Kill chain" tabIndex={0}>
      {TACTICS.map((tactic) => (
        <li key={tactic.id} className={styles.stage} data-hit={hit.has(tactic.id)}>
          <span>{tactic.name}</span>
          <span>{hit.has(tactic.id) ? "seen" : <span className="visually-hidden">not seen</span>}</span>
        </li>
      ))}
      {others(incident.stages).map((stage) => (
        <li key={stage} className={styles.stage} data-hit="true">
          {stage}
        </li>
      ))}
    </ol>
  );
}

function useAct(incident: Incident) {
  const path = `/incidents/${encodeURIComponent(incident.id)}`;
  return useMutation<Incident, ProblemError, { action: string; text: string }>({
    mutationFn: (entry) => post<Incident>(`${path}/entries`, { ...entry, seen: incident.entries.at(-1)?.id ?? "" }),
    onSettled: () =>
      queryClient.invalidateQueries({
        predicate: (query) => [path, "/incidents", "/overview"].includes(String(query.queryKey[0])),
      }),
  });
}

const KIND_WORDS: Record<TimelineEntry["kind"], string> = {
  signal: "signals",
  audit: "activity",
  flow: "flows",
  dns: "DNS",
  process: "processes",
  finding: "findings",
  change: "changes",
  note: "notes",
};

function Timeline({ incident }: { incident: Incident }) {
  const { select, selection } = useConsole();
  const [hidden, setHidden] = useState<string[]>([]);
  const kinds = useMemo(() => [...new Set(incident.timeline.map((entry) => entry.kind))], [incident.timeline]);
  const entries = useMemo(
    () =>
      [...incident.timeline]
        .sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
        .filter((entry) => !hidden.includes(entry.kind)),
    [incident.timeline, hidden],
  );
  const open = (entry: TimelineEntry) => {
    if (entry.ref?.kind === "signal") select({ what: "signal", incident: incident.id, id: entry.ref.id });
    else if (entry.ref?.kind === "finding") select({ what: "finding", id: entry.ref.id });
    else if (entry.ref && ["flow", "dns", "audit", "process"].includes(entry.ref.kind))
      select({ what: "event", kind: entry.ref.kind, id: entry.ref.id });
    else {
      const entity = entityOf(entry.entity);
      if (entity) select({ what: "entity", entity });
    }
  };
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const lines = [...(event.currentTarget.parentElement?.querySelectorAll<HTMLElement>("button") ?? [])];
    const next = lines[lines.indexOf(event.currentTarget) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  const chosen = (entry: TimelineEntry) =>
    (selection?.what === "signal" && entry.ref?.kind === "signal" && selection.id === entry.ref.id) ||
    (selection?.what === "finding" && entry.ref?.kind === "finding" && selection.id === entry.ref.id);
  return (
    <section className={styles.timeline} aria-label="Timeline">
      <div className={styles.kinds} role="toolbar" aria-label="Kinds shown">
        {kinds.map((kind) => (
          <button
            key={kind}
            type="button"
            className={styles.kind}
            aria-pressed={!hidden.includes(kind)}
            onClick={() =>
              setHidden((old) => (old.includes(kind) ? old.filter((one) => one !== kind) : [...old, kind]))
            }
          >
            <Icon name={kindIcon(kind)} size={12} /> {KIND_WORDS[kind] ?? kind}
          </button>
        ))}
      </div>
      {entries.length === 0 ? (
        <Empty title="Nothing to show">Every kind is switched off above.</Empty>
      ) : (
        <div>
          {entries.map((entry, at) => {
            const pause = at > 0 ? (Date.parse(entry.time) - Date.parse(entries[at - 1]!.time)) / 1000 : 0;
            const entity = entityOf(entry.entity);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: entries of one moment have no other identity
              <Fragment key={`${entry.time}${at}`}>
                {pause > 240 && <div className={styles.gap}>{duration(pause)} later</div>}
                <button
                  type="button"
                  className={styles.entry}
                  data-kind={entry.kind}
                  data-selected={chosen(entry)}
                  onClick={() => open(entry)}
                  onKeyDown={walk}
                >
                  <Clock at={entry.time} />
                  <span className={styles.knot} data-severity={entry.severity}>
                    <Icon name={kindIcon(entry.kind)} size={12} label={entry.kind} />
                  </span>
                  <span>
                    <span className={styles.entryTitle}>
                      {entry.title}
                      {entry.severity && <SeverityMark severity={entry.severity} />}
                      {entry.simulated && <Simulated />}
                    </span>
                    <span className={styles.detail}>
                      {entry.detail}
                      {entity && !entry.title.includes(entity.name) && (
                        <>
                          {" · "}
                          <EntityName entity={entity} plain />
                        </>
                      )}
                    </span>
                  </span>
                </button>
              </Fragment>
            );
          })}
        </div>
      )}
    </section>
  );
}

function Side({ incident }: { incident: Incident }) {
  const { select } = useConsole();
  const act = useAct(incident);
  const [text, setText] = useState("");
  return (
    <aside className={styles.side} aria-label="Signals and notes">
      <section>
        <h2>Signals ({incident.signals.length})</h2>
        {incident.signals.map((signal) => (
          <button
            key={signal.id}
            type="button"
            className={styles.signal}
            onClick={() => select({ what: "signal", incident: incident.id, id: signal.id })}
          >
            <span>{signal.title ?? signal.rule}</span>
            {signal.severity ? <SeverityMark severity={signal.severity} /> : <span />}
            <small>
              {signal.reasons[0]}
              {signal.score !== null && ` · score ${signal.score.toFixed(2)}`}
              {signal.suppressed && " · suppressed"}
            </small>
          </button>
        ))}
        {incident.signals.length === 0 && <p className={styles.detail}>No signal is left in it.</p>}
      </section>
      <section>
        <h2>What was done</h2>
        {incident.entries.length === 0 && <p className={styles.detail}>Nothing yet.</p>}
        {incident.entries.map((entry) => (
          <div key={entry.id} className={styles.done}>
            <b>{entry.action}</b> {entry.text} <span>by {entry.actor}, </span>
            <span>
              <Ago at={entry.at} />
            </span>
          </div>
        ))}
        <form
          style={{ marginTop: 8 }}
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) act.mutate({ action: "note", text: text.trim() }, { onSuccess: () => setText("") });
          }}
        >
          <textarea
            className={styles.note}
            aria-label="A note"
            placeholder="What did you find, what did you do?"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <Button type="submit" variant="default" disabled={!text.trim()} loading={act.isPending}>
            Add the note
          </Button>
        </form>
      </section>
      <section>
        <h2>Respond</h2>
        <p className={styles.detail}>
          Quarantine, revoke, cordon and capture come as Plans: printed, previewed against recorded traffic, undone by
          one command. This server has none yet.
        </p>
      </section>
    </aside>
  );
}
