/** The drawer's tabs for an entity. Findings, events, edges and signals borrow those of the entity they are about. */

import { useState } from "react";
import { useRead } from "~/api/queries";
import { type CellValue, type EntityView, EVENT_KINDS, type EventKind, type Finding, type Peer } from "~/api/types";
import { type Entity, entityId, entityOf } from "~/context/entity";
import { contextParams, narrowedTo, type Params } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { bytes, count } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { EntityName, SeverityMark, Simulated, VerdictMark } from "~/marks/marks";
import { CopyButton } from "~/parts/Copy";
import { EventList, NAMES } from "~/parts/EventList";
import parts from "~/parts/parts.module.css";
import { Answered, Empty } from "~/parts/States";
import { Tabs } from "~/parts/Tabs";
import { Ago } from "~/parts/Time";
import styles from "./drawer.module.css";
import { Section } from "./Shell";

export const entityPath = (entity: Entity) =>
  `/entities/${[entity.kind, entity.namespace || "_", entity.name].map(encodeURIComponent).join("/")}`;

/** Everything known of an entity, in the time of the context; its chips and filter do not apply to itself. */
export function useEntity(entity: Entity | null) {
  const { context } = useConsole();
  const { cluster, from, to } = contextParams(context);
  return useRead<EntityView>(entity ? entityPath(entity) : null, { cluster, from, to }, { keep: false });
}

const nothing = (title: string, why: string) => (
  <Empty icon="question" title={title}>
    {why}
  </Empty>
);

export function NoEntity() {
  return nothing(
    "Not tied to one thing",
    "What is selected names no workload, identity or address that Seawall knows.",
  );
}

export function Connections({ entity }: { entity: Entity | null }) {
  const answer = useEntity(entity);
  const { select } = useConsole();
  if (!entity) return <NoEntity />;
  const own = entityId(entity);
  const side = (title: string, peers: Peer[], edge: (peer: Peer) => [string, string]) =>
    peers.length > 0 && (
      <Section title={`${title} (${peers.length})`}>
        {peers.map((peer) => {
          const other = entityOf(peer.entity);
          const [source, target] = edge(peer);
          return (
            <button
              key={`${peer.entity}:${peer.protocol}/${peer.port}`}
              type="button"
              className={styles.peer}
              onClick={() => select({ what: "edge", source, target })}
            >
              <span>{other ? <EntityName entity={other} plain /> : peer.entity}</span>
              <code>
                {peer.protocol}
                {peer.port === null ? "" : `/${peer.port}`}
              </code>
              <span className={styles.numbers}>
                <span>{count(peer.events)} flows</span>
                <span>{peer.bytes === null ? "bytes unknown" : bytes(peer.bytes)}</span>
                {peer.denied > 0 && <VerdictMark verdict="denied" word={`${count(peer.denied)} denied`} />}
                {(peer.unknown ?? 0) > 0 && (
                  <VerdictMark verdict="unknown" word={`${count(peer.unknown ?? 0)} unknown`} />
                )}
                <Ago at={peer.lastSeen} />
                {peer.simulated && <Simulated />}
              </span>
            </button>
          );
        })}
      </Section>
    );
  return (
    <Answered answer={answer} what="Connections">
      {(view) =>
        view.connections.in.length + view.connections.out.length === 0 ? (
          nothing(
            "No connections in this window",
            "Nothing was recorded to or from it. Health shows whether flows arrive at all.",
          )
        ) : (
          <>
            {side("Coming in", view.connections.in, (peer) => [peer.entity, own])}
            {side("Going out", view.connections.out, (peer) => [own, peer.entity])}
          </>
        )
      }
    </Answered>
  );
}

export function Events({ params, what, first = "flow" }: { params: Params; what: string; first?: EventKind }) {
  const { window } = useConsole();
  const [kind, setKind] = useState<EventKind>(first);
  return (
    <div className={parts.panelBody} style={{ display: "flex", flexDirection: "column" }}>
      <div style={{ padding: "0 8px", borderBottom: "1px solid var(--line)", flex: "none" }}>
        <Tabs
          label="Kind of event"
          active={kind}
          onChange={(next) => setKind(next as EventKind)}
          items={EVENT_KINDS.map((one) => ({ id: one, name: NAMES[one] }))}
        />
      </div>
      <EventList kind={kind} params={params} live={window.live} what={what} />
    </div>
  );
}

export function EntityEvents({ entity, first }: { entity: Entity | null; first?: EventKind }) {
  const { context } = useConsole();
  if (!entity) return <NoEntity />;
  return (
    <Events
      params={contextParams({ ...narrowedTo({ ...context, q: undefined }, entity) })}
      what={entity.name}
      {...(first ? { first } : {})}
    />
  );
}

export function FindingRow({ finding }: { finding: Finding }) {
  const { select } = useConsole();
  return (
    <button type="button" className={styles.finding} onClick={() => select({ what: "finding", id: finding.id })}>
      {finding.status === "unknown" ? <VerdictMark verdict="unknown" /> : <SeverityMark severity={finding.severity} />}
      <span>{finding.title}</span>
      <small>
        {finding.object.namespace ? `${finding.object.namespace}/` : ""}
        {finding.object.name} {finding.path && <code>{finding.path}</code>}
      </small>
    </button>
  );
}

export function EntityFindings({ entity }: { entity: Entity | null }) {
  const answer = useEntity(entity);
  if (!entity) return <NoEntity />;
  return (
    <Answered answer={answer} what="Findings">
      {(view) =>
        view.findings.length === 0 ? (
          nothing("No findings", "No check failed here. Checks that could not run are listed under Posture, coverage.")
        ) : (
          <div>
            {view.findings.map((one) => (
              <FindingRow key={one.id} finding={one} />
            ))}
          </div>
        )
      }
    </Answered>
  );
}

export function EntityPolicy({ entity }: { entity: Entity | null }) {
  const answer = useEntity(entity);
  const { open } = useConsole();
  if (!entity) return <NoEntity />;
  return (
    <Answered answer={answer} what="Policy">
      {(view) =>
        view.policy.length === 0 ? (
          nothing(
            "No policy selects it",
            "What no policy selects may talk to everything. `seawall policy generate` writes one to start from.",
          )
        ) : (
          <ul>
            {view.policy.map((one) => (
              <li key={`${one.kind}/${one.namespace}/${one.name}/${one.direction}`} className={styles.peer}>
                <EntityName entity={{ kind: "policy", namespace: one.namespace, name: one.name }} onOpen={open} />
                <span className={parts.muted}>{one.direction}</span>
                <span className={styles.numbers}>
                  {one.kind}
                  {one.summary ? `: ${one.summary}` : ""}
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </Answered>
  );
}

export function Changes({ changes }: { changes: { at: string; what: string }[] }) {
  if (changes.length === 0)
    return nothing(
      "No changes in this window",
      "Seawall saw no change of the object. It sees changes only while it watches; Health shows since when.",
    );
  return (
    <ul className={styles.trail}>
      {changes.map((change) => (
        <li key={change.at + change.what}>
          <Icon name="change" size={13} />
          <span>{change.what}</span>
          <Ago at={change.at} />
        </li>
      ))}
    </ul>
  );
}

export function EntityChanges({ entity }: { entity: Entity | null }) {
  const answer = useEntity(entity);
  if (!entity) return <NoEntity />;
  return (
    <Answered answer={answer} what="Changes">
      {(view) => <Changes changes={view.changes} />}
    </Answered>
  );
}

export function Raw({ value }: { value: unknown }) {
  if (value === null || value === undefined)
    return nothing("No raw form kept", "Only objects and rows that were read whole are kept, redacted.");
  const text = JSON.stringify(value, null, 2);
  return (
    <>
      <div>
        <CopyButton text={text}>Copy JSON</CopyButton>
      </div>
      <pre className={parts.code} tabIndex={0}>
        {text}
      </pre>
    </>
  );
}

export function EntityRaw({ entity }: { entity: Entity | null }) {
  const answer = useEntity(entity);
  if (!entity) return <NoEntity />;
  return (
    <Answered answer={answer} what="Raw">
      {(view) => <Raw value={view.raw} />}
    </Answered>
  );
}

/** Names as words: `serviceAccount` → `service account`, `src_port` → `src port`. */
const words = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/_/g, " ")
    .toLowerCase();

export function Facts({ about }: { about: Record<string, CellValue> }) {
  const shown = Object.entries(about).filter(
    ([, value]) => value !== "" && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return (
    <dl className={parts.facts}>
      {shown.map(([name, value]) => (
        <Fact key={name} name={words(name)} value={value} />
      ))}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: CellValue }) {
  const time = typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value);
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {time ? (
          <Ago at={value} />
        ) : Array.isArray(value) ? (
          <span className={styles.tags}>
            {value.map((one) => (
              <span key={String(one)} className={styles.tag}>
                {String(one)}
              </span>
            ))}
          </span>
        ) : typeof value === "object" && value !== null ? (
          <span className={styles.tags}>
            {Object.entries(value).map(([key, one]) => (
              <span key={key} className={styles.tag}>
                {key}={String(one)}
              </span>
            ))}
          </span>
        ) : (
          String(value)
        )}
      </dd>
    </>
  );
}
