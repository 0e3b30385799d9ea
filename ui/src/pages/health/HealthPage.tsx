import { useRead } from "~/api/queries";
import type { Health, SourceHealth } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { INGEST_AUDIT, SCAN } from "~/format/commands";
import { bytes, count, duration, exact, plural, share } from "~/format/numbers";
import { conditionOf, type SourceCondition } from "~/format/sources";
import { Simulated, StateMark, type Tone } from "~/marks/marks";
import { type Column, DataTable } from "~/parts/DataTable";
import { Panel } from "~/parts/Panel";
import parts from "~/parts/parts.module.css";
import { Answered, Empty, SkeletonLines } from "~/parts/States";
import { Ago } from "~/parts/Time";
import styles from "./health.module.css";

const TONES: Record<SourceCondition, Tone> = {
  ok: "good",
  silent: "high",
  losing: "denied",
  unknown: "unknown",
};

const dropped = (source: SourceHealth) => Object.values(source.dropped).reduce((sum, one) => sum + one, 0);

/** What can this system not see? */
export default function HealthPage() {
  const { params, window } = useConsole();
  const answer = useRead<Health>("/health", { cluster: params.cluster }, { live: window.live, staleTime: 5_000 });
  return (
    <div className={styles.page}>
      <Answered
        answer={answer}
        what="Health"
        skeleton={
          <div style={{ gridColumn: "1 / -1" }}>
            <SkeletonLines lines={14} />
          </div>
        }
      >
        {(health) => (
          <>
            <Verdict health={health} />
            <Sources sources={health.sources} />
            <BlindSpots health={health} />
            <Store health={health} />
            <Watch health={health} />
            <Scans health={health} />
          </>
        )}
      </Answered>
    </div>
  );
}

function Verdict({ health }: { health: Health }) {
  const bad = health.sources.filter((source) => ["silent", "losing"].includes(conditionOf(source)));
  const records = health.sources.reduce((sum, source) => sum + source.recordsIn, 0);
  const lost = health.sources.reduce((sum, source) => sum + dropped(source) + source.malformed, 0);
  const words = [
    bad.length
      ? `${bad.map((source) => source.source).join(", ")} ${bad.length === 1 ? "is" : "are"} not delivering`
      : health.sources.length
        ? "Every source delivers"
        : "No source is connected",
    records ? `${lost ? share(lost, records) : "nothing"} of ${count(records)} records was lost` : "",
  ].filter(Boolean);
  return (
    <header className={styles.answer}>
      <h1>{words.join("; ")}</h1>
      <p>
        {plural(health.blindSpots.length, "blind spot")}, store {health.store.state}, watch {health.live.state}
      </p>
    </header>
  );
}

const COLUMNS: Column<SourceHealth>[] = [
  {
    id: "source",
    head: "Source",
    value: (one) => one.source,
    cell: (one) => (
      <>
        {one.source} {one.simulated && <Simulated />}
      </>
    ),
  },
  { id: "kind", head: "Kind", value: (one) => one.kind, cell: (one) => one.kind },
  { id: "state", head: "State", value: (one) => one.lagSeconds ?? -1, cell: (one) => <Condition source={one} /> },
  { id: "kept", head: "Where records went", cell: (one) => <Fate source={one} /> },
  {
    id: "in",
    head: "In",
    hint: "records received",
    right: true,
    value: (one) => one.recordsIn,
    cell: (one) => <span title={exact(one.recordsIn)}>{count(one.recordsIn)}</span>,
  },
  {
    id: "stored",
    head: "Stored",
    hint: "records accepted and stored",
    right: true,
    value: (one) => one.accepted,
    cell: (one) => (
      <span title={`${exact(one.accepted)} records, ${exact(one.rowsOut)} rows`}>{count(one.accepted)}</span>
    ),
  },
  {
    id: "duplicate",
    head: "Repeats",
    hint: "records that were there already: the other end of a flow, a batch sent twice",
    right: true,
    value: (one) => one.duplicate,
    cell: (one) => number(one.duplicate),
  },
  {
    id: "dropped",
    head: "Dropped",
    hint: "records given up, by reason",
    right: true,
    value: dropped,
    cell: (one) => <Dropped source={one} />,
  },
  {
    id: "malformed",
    head: "Malformed",
    right: true,
    value: (one) => one.malformed,
    cell: (one) => (one.malformed ? <span className={styles.dropped}>{count(one.malformed)}</span> : number(0)),
  },
  {
    id: "late",
    head: "Late",
    hint: "came after the allowed lateness; kept",
    right: true,
    value: (one) => one.late,
    cell: (one) => number(one.late),
  },
  { id: "flight", head: "In flight", right: true, value: (one) => one.inFlight, cell: (one) => number(one.inFlight) },
  {
    id: "lag",
    head: "Lag",
    hint: "between happening and being stored",
    right: true,
    value: (one) => one.lagSeconds ?? -1,
    cell: (one) => (one.lagSeconds === null ? "unknown" : duration(one.lagSeconds)),
  },
  {
    id: "clock",
    head: "Clock",
    hint: "how far the source's clock is ahead of ours",
    right: true,
    value: (one) => Math.abs(one.clockOffset ?? 0),
    cell: (one) =>
      one.clockOffset === null ? (
        <span className={styles.zero}>unknown</span>
      ) : Math.abs(one.clockOffset) < 0.1 ? (
        <span className={styles.zero}>±0</span>
      ) : (
        <span className={Math.abs(one.clockOffset) > 5 ? styles.dropped : undefined}>
          {one.clockOffset > 0 ? "+" : "−"}
          {duration(one.clockOffset)}
        </span>
      ),
  },
  {
    id: "last",
    head: "Last event",
    right: true,
    value: (one) => one.lastEvent ?? "",
    cell: (one) => <Ago at={one.lastEvent} />,
  },
];

const number = (value: number) => <span className={value === 0 ? styles.zero : undefined}>{count(value)}</span>;

function Condition({ source }: { source: SourceHealth }) {
  const condition = conditionOf(source);
  return <StateMark tone={TONES[condition]}>{condition}</StateMark>;
}

function Fate({ source }: { source: SourceHealth }) {
  const total = Math.max(source.recordsIn, 1);
  const pieces: [number, string, string][] = [
    [source.accepted, "--allowed-fill", "stored"],
    [source.duplicate, "--line-strong", "repeats"],
    [source.inFlight, "--accent", "in flight"],
    [dropped(source), "--denied", "dropped"],
    [source.malformed, "--medium", "malformed"],
  ];
  const words = pieces.filter(([value]) => value > 0).map(([value, , name]) => `${share(value, total)} ${name}`);
  return (
    <div
      className={styles.bar}
      role="img"
      aria-label={words.join(", ") || "nothing was received"}
      title={words.join("\n")}
    >
      {pieces.map(
        ([value, token, name]) =>
          value > 0 && <i key={name} style={{ width: `${(100 * value) / total}%`, background: `var(${token})` }} />,
      )}
    </div>
  );
}

function Dropped({ source }: { source: SourceHealth }) {
  const total = dropped(source);
  if (total === 0) return number(0);
  const why = Object.entries(source.dropped).map(([reason, value]) => `${reason}: ${exact(value)}`);
  return (
    <span className={styles.dropped} title={why.join("\n")}>
      {count(total)}
    </span>
  );
}

function Sources({ sources }: { sources: SourceHealth[] }) {
  const reasons = sources.flatMap((source) =>
    Object.entries(source.dropped).map(([reason, value]) => `${source.source}: ${exact(value)} ${reason}`),
  );
  return (
    <Panel
      title="Sources"
      className={styles.sources}
      aside={sources.length > 0 && "received = stored + repeats + dropped + malformed + in flight"}
    >
      {sources.length === 0 ? (
        <Empty icon="flow" title="No source has delivered anything" command={INGEST_AUDIT}>
          Events come from a file, from a collector over HTTP, or from an agent. Until then only objects and findings
          are known.
        </Empty>
      ) : (
        <>
          <DataTable label="Sources" rows={sources} columns={COLUMNS} rowId={(one) => `${one.source}/${one.kind}`} />
          {reasons.length > 0 && <p className={styles.note}>Dropped: {reasons.join("; ")}</p>}
        </>
      )}
    </Panel>
  );
}

function BlindSpots({ health }: { health: Health }) {
  return (
    <Panel title="Blind spots" className={styles.half} aside="techniques that no rule can see here">
      {health.blindSpots.length === 0 ? (
        <Empty icon="check" title="None known">
          Every technique that a rule covers has the logs and fields it needs. Techniques without a rule are not counted
          here.
        </Empty>
      ) : (
        health.blindSpots.map((spot) => (
          <div key={spot.technique + spot.why} className={styles.line}>
            <code>{spot.technique}</code>
            <span>{spot.name}</span>
            <small>{spot.why}</small>
          </div>
        ))
      )}
    </Panel>
  );
}

function Store({ health }: { health: Health }) {
  const { store, notifier } = health;
  return (
    <Panel
      title="Store and delivery"
      className={styles.half}
      aside={<StateMark tone={/ok|up|ready/.test(store.state) ? "good" : "denied"}>{store.state}</StateMark>}
    >
      <dl className={`${parts.facts} ${styles.facts}`}>
        <dt>engine</dt>
        <dd>
          {store.version} {store.url && <code>{store.url}</code>}
        </dd>
        <dt>rows</dt>
        <dd>{store.rows === null ? "unknown" : <span title={exact(store.rows)}>{count(store.rows)}</span>}</dd>
        <dt>size</dt>
        <dd>{store.sizeBytes === null ? "unknown" : bytes(store.sizeBytes)}</dd>
        <dt>disk free</dt>
        <dd>{store.diskFree === null ? "unknown" : bytes(store.diskFree)}</dd>
        <dt>notifications</dt>
        <dd>
          {plural(notifier.delivered, "delivered", "delivered")}, {notifier.outbox} waiting,{" "}
          <span className={notifier.failed ? styles.dropped : undefined}>{notifier.failed} failed</span>
        </dd>
      </dl>
      {health.droppedPartitions.map((one) => (
        <div key={`${one.at}${one.table}${one.newest}`} className={styles.line}>
          <StateMark tone="high">dropped</StateMark>
          <span>
            {count(one.rows)} rows of {one.table} ({bytes(one.bytes)})
          </span>
          <small>
            up to <Ago at={one.newest} />, for the disk was filling; <Ago at={one.at} />
          </small>
        </div>
      ))}
    </Panel>
  );
}

function Watch({ health }: { health: Health }) {
  const broken = health.live.kinds.filter((kind) => !/watching|ok|synced/.test(kind.state));
  const fine = health.live.kinds.length - broken.length;
  return (
    <Panel title="Watching the cluster" className={styles.half} aside={health.live.state}>
      {broken.map((kind) => (
        <div key={`${kind.cluster}${kind.kind}${kind.namespace}/${kind.name}`} className={styles.line}>
          <StateMark tone={/forbidden|denied/.test(kind.state) ? "high" : "unknown"}>{kind.state}</StateMark>
          <span>{[kind.kind, [kind.namespace, kind.name].filter(Boolean).join("/")].filter(Boolean).join(" ")}</span>
          {kind.why && <small>{kind.why}</small>}
        </div>
      ))}
      <p className={styles.note} style={broken.length ? undefined : { borderTop: 0 }}>
        {health.live.kinds.length === 0
          ? "No live cluster is watched: objects come from files or a snapshot."
          : `${plural(fine, "kind")} of objects watched without fault.`}
      </p>
    </Panel>
  );
}

function Scans({ health }: { health: Health }) {
  return (
    <Panel title="Scans" className={styles.half}>
      {health.scans.length === 0 ? (
        <Empty icon="posture" title="Nothing was scanned yet" command={SCAN}>
          A live cluster is scanned again whenever something that matters changes.
        </Empty>
      ) : (
        health.scans.slice(0, 8).map((scan) => (
          <div key={`${scan.cluster}${scan.at}`} className={styles.line}>
            <Ago at={scan.at} />
            <span>{scan.cluster}</span>
            <small>
              {plural(scan.findings ?? 0, "finding")}, {scan.unknown ?? 0} unknown
              {scan.seconds === undefined ? "" : `, in ${duration(scan.seconds)}`}
            </small>
          </div>
        ))
      )}
    </Panel>
  );
}
