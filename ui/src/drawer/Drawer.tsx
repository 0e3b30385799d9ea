import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { address } from "~/api/client";
import { useRead } from "~/api/queries";
import type { CellValue, EventKind, EventRow, FindingDetail, Graph, Incident, Rule } from "~/api/types";
import { edgeFilter } from "~/context/edge";
import { type Entity, entityKind, entityLabel, entityOf } from "~/context/entity";
import { withTerm } from "~/context/filter";
import { type Context, contextParams, narrowedTo, type Search } from "~/context/search";
import type { Selection } from "~/context/selection";
import { useConsole } from "~/context/useConsole";
import { ask, explainConnection, explainRule, policyEnd } from "~/format/commands";
import { bytes, count, exact, share } from "~/format/numbers";
import { absolute } from "~/format/time";
import { Icon, kindIcon } from "~/marks/Icon";
import { EntityName, SeverityMark, Simulated, VerdictMark, verdictOf } from "~/marks/marks";
import { Command, CopyButton } from "~/parts/Copy";
import { Diff } from "~/parts/Diff";
import { cell } from "~/parts/eventCells";
import parts from "~/parts/parts.module.css";
import { Answered, Empty } from "~/parts/States";
import { Ago } from "~/parts/Time";
import styles from "./drawer.module.css";
import { Section, Shell } from "./Shell";
import {
  Changes,
  Connections,
  EntityChanges,
  EntityEvents,
  EntityFindings,
  EntityPolicy,
  EntityRaw,
  Events,
  entityPath,
  Facts,
  NoEntity,
  Raw,
  useEntity,
} from "./tabs";

/** Whatever is selected, in the same frame with the same tabs. */
export default function Drawer({ selection }: { selection: Selection }) {
  switch (selection.what) {
    case "entity":
      return <EntityDrawer entity={selection.entity} />;
    case "edge":
      return <EdgeDrawer source={selection.source} target={selection.target} />;
    case "event":
      return <EventDrawer kind={selection.kind as EventKind} id={selection.id} />;
    case "finding":
      return <FindingDrawer id={selection.id} />;
    case "signal":
      return <SignalDrawer incident={selection.incident} id={selection.id} />;
  }
}

/** Where one can go from here, taking the entity along. */
function Pivots({ to, children }: { to: (context: Context) => Context; children?: ReactNode }) {
  const { context } = useConsole();
  const next = to(context);
  const search = (previous: Search) => ({ ...next, sel: previous.sel, tab: previous.tab });
  return (
    <>
      <Button
        component={Link}
        to="."
        search={search as never}
        variant="default"
        size="compact-xs"
        leftSection={<Icon name="filter" size={12} />}
        title="Only this, on the page you are on"
      >
        Narrow
      </Button>
      <Button
        component={Link}
        to="/graph"
        search={search as never}
        variant="default"
        size="compact-xs"
        leftSection={<Icon name="graph" size={12} />}
      >
        Graph
      </Button>
      <Button
        component={Link}
        to="/explore/flow"
        search={search as never}
        variant="default"
        size="compact-xs"
        leftSection={<Icon name="explore" size={12} />}
      >
        Explore
      </Button>
      {children}
    </>
  );
}

/** The tabs that an entity fills for anything that is about it. */
function borrowed(entity: Entity | null, events?: EventKind) {
  return {
    connections: () => <Connections entity={entity} />,
    events: () => <EntityEvents entity={entity} {...(events ? { first: events } : {})} />,
    findings: () => <EntityFindings entity={entity} />,
    policy: () => <EntityPolicy entity={entity} />,
    changes: () => <EntityChanges entity={entity} />,
    raw: () => <EntityRaw entity={entity} />,
  };
}

const PLURALS: Record<string, string> = {
  Deployment: "deployment",
  StatefulSet: "statefulset",
  DaemonSet: "daemonset",
  CronJob: "cronjob",
  Job: "job",
  Pod: "pod",
  workload: "deployment",
};

function kubectl(entity: Entity, kind: string): string | null {
  if (["identity", "address"].includes(entity.kind)) return null;
  return `kubectl get ${PLURALS[kind] ?? kind.toLowerCase()} ${entity.name}${entity.namespace ? ` -n ${entity.namespace}` : ""} -o yaml`;
}

function EntityDrawer({ entity }: { entity: Entity }) {
  const answer = useEntity(entity);
  const view = answer.data;
  const kind = typeof view?.about.kind === "string" ? view.about.kind : entity.kind;
  const critical = view?.findings.filter((one) => one.severity === "critical" && one.status === "fail").length ?? 0;
  const high = view?.findings.filter((one) => one.severity === "high" && one.status === "fail").length ?? 0;
  const command = kubectl(entity, kind);
  return (
    <Shell
      icon={kindIcon(entity.kind)}
      kind={kind}
      title={entityLabel(entity)}
      marks={
        view && (
          <>
            {critical > 0 && <SeverityMark severity="critical" number={String(critical)} soft />}
            {high > 0 && <SeverityMark severity="high" number={String(high)} soft />}
            {view.simulated && <Simulated what="events simulated" />}
          </>
        )
      }
      links={
        <Pivots to={(context) => narrowedTo(context, entity)}>
          {command && <CopyButton text={command}>kubectl</CopyButton>}
          <CopyButton
            text={`curl -H "Authorization: Bearer $SEAWALL_TOKEN" '${location.origin}${address(entityPath(entity))}'`}
          >
            curl
          </CopyButton>
        </Pivots>
      }
      counts={
        view && {
          connections: view.connections.in.length + view.connections.out.length,
          findings: view.findings.length,
          policy: view.policy.length,
          changes: view.changes.length,
        }
      }
      tabs={{
        about: () => (
          <Answered
            answer={answer}
            what="This"
            unavailable={
              <Empty title="Nothing is known of it">
                Seawall holds no object and no event of this name in the window.
              </Empty>
            }
          >
            {(data) => <Facts about={data.about} />}
          </Answered>
        ),
        ...borrowed(entity, entity.kind === "identity" ? "audit" : "flow"),
      }}
    />
  );
}

function EdgeDrawer({ source, target }: { source: string; target: string }) {
  const { context, open, search } = useConsole();
  const [from, to] = [entityOf(source), entityOf(target)];
  const scope = search.scope ?? "workload";
  const answer = useRead<Graph>(
    "/graph",
    { ...contextParams(context), scope, group: "namespace", lens: search.lens ?? "verdict", compare: search.compare },
    { keep: true },
  );
  if (!from || !to) return <NoEntity />;
  const edges = answer.data?.edges.filter((edge) => edge.source === source && edge.target === target) ?? [];
  const sum = (of: (edge: (typeof edges)[number]) => number) => edges.reduce((total, edge) => total + of(edge), 0);
  const [events, denied, unknown] = [
    sum((edge) => edge.events),
    sum((edge) => edge.denied),
    sum((edge) => edge.unknown),
  ];
  const filter = edgeFilter(from, to);
  const [ends, port] = [[policyEnd(from), policyEnd(to)] as const, edges[0]?.port];
  const command = ends[0] && ends[1] && port ? explainConnection(ends[0], ends[1], port) : null;
  const bare = { ...context, namespace: undefined, workload: undefined, identity: undefined, address: undefined };
  return (
    <Shell
      icon="flow"
      kind="connection"
      title={
        <>
          {entityLabel(from)} <Icon name="arrow" size={13} /> {entityLabel(to)}
        </>
      }
      marks={
        edges.length > 0 && (
          <>
            {denied > 0 ? (
              <VerdictMark verdict="denied" soft word={`${count(denied)} denied (${share(denied, events)})`} />
            ) : unknown > 0 ? (
              <VerdictMark verdict="unknown" soft word={`${share(unknown, events)} unknown`} />
            ) : (
              <VerdictMark verdict="allowed" soft word="all allowed" />
            )}
            {edges.some((edge) => edge.simulated) && <Simulated />}
          </>
        )
      }
      links={
        <Pivots to={() => ({ ...bare, q: filter })}>
          {command && <CopyButton text={command}>seawall policy explain</CopyButton>}
        </Pivots>
      }
      counts={{ connections: edges.length }}
      tabs={{
        about: () => (
          <Answered answer={answer} what="The connection">
            {() =>
              edges.length === 0 ? (
                <Empty title="Not in this window">
                  No flow between the two was recorded in the window and filter above.
                </Empty>
              ) : (
                <>
                  <dl className={parts.facts}>
                    <dt>from</dt>
                    <dd>
                      <EntityName entity={from} onOpen={open} />
                    </dd>
                    <dt>to</dt>
                    <dd>
                      <EntityName entity={to} onOpen={open} />
                    </dd>
                    <dt>flows</dt>
                    <dd title={exact(events)}>{count(events)}</dd>
                    <dt>bytes</dt>
                    <dd>
                      {edges.some((edge) => edge.bytes === null)
                        ? "unknown: the source does not count them"
                        : bytes(sum((edge) => edge.bytes ?? 0))}
                    </dd>
                    <dt>last seen</dt>
                    <dd>
                      <Ago
                        at={edges
                          .map((edge) => edge.lastSeen)
                          .sort()
                          .at(-1)}
                      />
                    </dd>
                  </dl>
                  <Section title="By port">
                    {edges.map((edge) => (
                      <div key={edge.id} className={styles.peer}>
                        <code>
                          {edge.protocol}
                          {edge.port === null ? "" : `/${edge.port}`}
                        </code>
                        <span>
                          {edge.encrypted === null
                            ? "encryption unknown"
                            : edge.encrypted
                              ? "encrypted"
                              : "not encrypted"}{" "}
                          {edge.encrypted && <Icon name="lock" size={12} />}
                        </span>
                        <span className={styles.numbers}>
                          <span>{count(edge.events)} flows</span>
                          {edge.denied > 0 && <VerdictMark verdict="denied" word={`${count(edge.denied)} denied`} />}
                          {edge.unknown > 0 && (
                            <VerdictMark verdict="unknown" word={`${count(edge.unknown)} unknown`} />
                          )}
                          {edge.change && edge.change !== "same" && <span>{edge.change} against the other window</span>}
                        </span>
                      </div>
                    ))}
                  </Section>
                </>
              )
            }
          </Answered>
        ),
        connections: () => <Connections entity={to} />,
        events: () => <Events params={contextParams({ ...bare, q: filter })} what="this connection" />,
        findings: () => (
          <>
            <Section title={entityLabel(from)}>
              <EntityFindings entity={from} />
            </Section>
            <Section title={entityLabel(to)}>
              <EntityFindings entity={to} />
            </Section>
          </>
        ),
        policy: () => <Deciding filter={filter} />,
        changes: () => <EntityChanges entity={to} />,
        raw: () => <Raw value={edges} />,
      }}
    />
  );
}

/** Which policies decided the flows of a filter, most often first. */
function Deciding({ filter }: { filter: string }) {
  const { context } = useConsole();
  const { cluster, from, to } = contextParams(context);
  const answer = useRead<{ value: string; count: number }[]>(
    "/events/flow/values",
    { cluster, from, to, q: filter, field: "model_policy", limit: "20" },
    { keep: false },
  );
  return (
    <Answered answer={answer} what="Policy">
      {(values) =>
        values.length === 0 ? (
          <Empty title="No deciding policy recorded">
            Neither the dataplane nor the model named one for these flows.
          </Empty>
        ) : (
          <Section title="Decided by">
            {values.map((one) => (
              <PolicyLine key={one.value} text={one.value} note={`${count(one.count)} flows`} />
            ))}
          </Section>
        )
      }
    </Answered>
  );
}

/** `Kind namespace/name` as a link to the policy. */
function PolicyLine({ text, note }: { text: string; note?: string }) {
  const { open } = useConsole();
  const found = /^(\S+) (?:([^/]+)\/)?(\S+)$/.exec(text);
  return (
    <div className={styles.peer}>
      {found ? (
        <EntityName entity={{ kind: "policy", namespace: found[2] ?? "", name: found[3]! }} onOpen={open} />
      ) : (
        <span>{text}</span>
      )}
      <span className={parts.muted}>{note ?? found?.[1]}</span>
    </div>
  );
}

const EVENT_NAMES: Record<EventKind, string> = {
  flow: "flow",
  dns: "DNS lookup",
  audit: "API request",
  process: "process event",
};
const GROUPS: [string, RegExp][] = [
  ["Source", /^src_/],
  ["Destination", /^dst_/],
  ["Verdict", /^(verdict|verdict_source|drop_reason|policies|model_|egress_|ingress_|staged_|policy_|decision)/],
  [
    "Record",
    /^(observed_time|cluster|source|batch_id|batch_row|clock_offset|future|late|simulated|attributes|event_id|reporter|direction)$/,
  ],
];

/** Sizes matter even where they are unknown: those are shown as such, other untold fields in one line. */
const SIZES = /^(bytes|packets)_/;

function EventDrawer({ kind, id }: { kind: EventKind; id: string }) {
  const { open, select } = useConsole();
  const answer = useRead<EventRow>(
    `/events/${kind}/${encodeURIComponent(id)}`,
    {},
    { keep: false, staleTime: Number.POSITIVE_INFINITY },
  );
  const fields = useRead<{ name: string; type: string; unit: string; meaning: string }[]>(
    `/events/${kind}/fields`,
    {},
    { staleTime: Number.POSITIVE_INFINITY, keep: false },
  );
  const row = answer.data;
  const text = (name: string) =>
    typeof row?.[name] === "string" || typeof row?.[name] === "number" ? String(row[name]) : "";
  const end = (side: string): Entity | null =>
    text(`${side}workload`)
      ? { kind: "workload", namespace: text(`${side}namespace`), name: text(`${side}workload`) }
      : text(`${side}address`)
        ? { kind: "address", namespace: "", name: text(`${side}address`) }
        : null;
  const [source, target] =
    kind === "flow"
      ? [end("src_"), end("dst_")]
      : kind === "audit"
        ? [text("user") ? { kind: "identity", namespace: "", name: text("user") } : null, null]
        : [end(""), null];
  const subject = target ?? source;
  const time = Date.parse(text("time"));
  const title =
    kind === "flow"
      ? [source, target].map((one) => (one ? entityLabel(one) : "unknown")).join(" → ")
      : kind === "dns"
        ? text("question")
        : kind === "audit"
          ? `${text("verb")} ${text("resource")}${text("subresource") ? `/${text("subresource")}` : ""} ${[text("namespace"), text("name")].filter(Boolean).join("/")}`
          : Array.isArray(row?.command_args)
            ? (row.command_args as string[]).join(" ")
            : text("executable_path");
  const entries = Object.entries(row ?? {}).filter(
    ([name, value]) =>
      !["causalTrail", "rule", "raw"].includes(name) && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  const byName = new Map((fields.data ?? []).map((field) => [field.name, field]));
  const grouped = [
    ...GROUPS.map(([name, pattern]) => [name, entries.filter(([field]) => pattern.test(field))] as const),
    ["Event", entries.filter(([field]) => !GROUPS.some(([, pattern]) => pattern.test(field)))] as const,
  ];
  const untold = entries.filter(([name, value]) => value === null && !SIZES.test(name)).map(([name]) => name);
  const order = ["Event", "Verdict", "Source", "Destination", "Record"];
  const verdict = row?.rule ? verdictOf(row.rule.verdict || text("verdict")) : "unknown";
  const base = borrowed(subject, kind);
  return (
    <Shell
      icon={kind in EVENT_NAMES ? kind : "question"}
      kind={EVENT_NAMES[kind] ?? kind}
      title={row ? title : "…"}
      marks={
        row && (
          <>
            {(text("verdict") || text("decision")) && (
              <VerdictMark verdict={text("verdict") || text("decision")} soft />
            )}
            {text("code") && <code>{text("code")}</code>}
            <time dateTime={text("time")} className={parts.muted}>
              {Number.isNaN(time) ? "" : absolute(time)}
            </time>
            {row.simulated === true && <Simulated />}
          </>
        )
      }
      links={
        <>
          {source && (
            <Button
              variant="default"
              size="compact-xs"
              onClick={() => open(source)}
              leftSection={<Icon name={kindIcon(source.kind)} size={12} />}
            >
              {entityLabel(source)}
            </Button>
          )}
          {target && (
            <Button
              variant="default"
              size="compact-xs"
              onClick={() => open(target)}
              leftSection={<Icon name={kindIcon(target.kind)} size={12} />}
            >
              {entityLabel(target)}
            </Button>
          )}
          <CopyButton text={ask(`/events/${kind}/${encodeURIComponent(id)}`)}>curl</CopyButton>
        </>
      }
      tabs={{
        ...base,
        about: () => (
          <Answered answer={answer} what="The event">
            {(data) => (
              <>
                {data.rule && (data.rule.policy || data.rule.why) && (
                  <Section
                    title={data.rule.disagrees ? "Decided by: the model and the dataplane differ" : "Decided by"}
                  >
                    <div className={styles.decision} data-verdict={verdict}>
                      <VerdictMark verdict={verdict} />
                      <span>{data.rule.policy || "no policy"}</span>
                      {data.rule.rule && <code>{data.rule.rule}</code>}
                      {data.rule.why && <span className={parts.muted}>{data.rule.why}</span>}
                    </div>
                    {(data.rule.sides?.length ?? 0) > 0 && (
                      <ul className={styles.sides}>
                        {data.rule.sides!.map((side) => (
                          <li key={side.direction}>
                            <span className={parts.muted}>
                              {side.direction === "egress" ? "leaving the client" : "reaching the server"}
                            </span>
                            <span>
                              <VerdictMark verdict={side.verdict} quiet={side.verdict === "allowed"} />{" "}
                              {side.policy || "no policy"} {side.policy && <code>{side.rule}</code>}
                            </span>
                          </li>
                        ))}
                        {data.rule.staged && (
                          <li>
                            <span className={parts.muted}>with the drafts</span>
                            <span>
                              <VerdictMark verdict={data.rule.staged} /> {data.rule.draft}
                            </span>
                          </li>
                        )}
                      </ul>
                    )}
                  </Section>
                )}
                {(data.causalTrail?.length ?? 0) > 0 && (
                  <Section title="What led to it">
                    <ul className={styles.trail}>
                      {data.causalTrail!.map((step) => (
                        <li key={step.kind + step.id}>
                          <Icon name={kindIcon(step.kind)} size={13} />
                          {step.kind in EVENT_NAMES ? (
                            <button
                              type="button"
                              onClick={() => select({ what: "event", kind: step.kind, id: step.id })}
                            >
                              {step.summary}
                            </button>
                          ) : (
                            <span>{step.summary}</span>
                          )}
                          <Ago at={step.time} />
                        </li>
                      ))}
                    </ul>
                  </Section>
                )}
                {order.map((name) => {
                  const group = (grouped.find(([one]) => one === name)?.[1] ?? []).filter(
                    ([field]) => !untold.includes(field),
                  );
                  return (
                    group.length > 0 && (
                      <Section key={name} title={name}>
                        <dl className={parts.facts}>
                          {group.map(([field, value]) => (
                            <FieldFact
                              key={field}
                              field={byName.get(field) ?? { name: field, type: "text", unit: "", meaning: "" }}
                              value={value as CellValue}
                            />
                          ))}
                        </dl>
                      </Section>
                    )
                  );
                })}
                {untold.length > 0 && (
                  <Section title="Not told by the source">
                    <p className={styles.prose}>{untold.join(", ")}</p>
                  </Section>
                )}
              </>
            )}
          </Answered>
        ),
        policy: () =>
          row?.rule?.policy ? (
            <>
              <Section title="Decided by">
                <PolicyLine text={row.rule.policy} note={row.rule.rule} />
              </Section>
              <Section title={`Policies that select ${subject ? entityLabel(subject) : "it"}`}>
                <EntityPolicy entity={subject} />
              </Section>
            </>
          ) : (
            base.policy()
          ),
        raw: () => <Raw value={row} />,
      }}
    />
  );
}

function FieldFact({
  field,
  value,
}: {
  field: { name: string; type: string; unit: string; meaning: string };
  value: CellValue;
}) {
  const { search, set } = useConsole();
  const filterable = typeof value === "string" || typeof value === "number";
  return (
    <>
      <dt title={field.meaning.replace(/`/g, "")}>{field.name}</dt>
      <dd>
        {filterable && field.name !== "time" && !field.name.endsWith("_time") ? (
          <button
            type="button"
            title={`Filter by ${field.name}`}
            onClick={() => set({ q: withTerm(search.q ?? "", field.name, String(value)) })}
          >
            {cell(field, value, Date.now())}
          </button>
        ) : (
          cell(field, value, Date.now())
        )}
      </dd>
    </>
  );
}

function FindingDrawer({ id }: { id: string }) {
  const { open } = useConsole();
  const answer = useRead<FindingDetail>(`/findings/${encodeURIComponent(id)}`, {}, { keep: false });
  const finding = answer.data;
  const rule = useRead<Rule>(finding ? `/rules/${finding.rule}` : null, {}, { keep: false, staleTime: 600_000 });
  const owner: Entity | null = finding
    ? { kind: entityKind(finding.object.kind), namespace: finding.object.namespace, name: finding.object.name }
    : null;
  return (
    <Shell
      icon="finding"
      kind="finding"
      title={finding?.title ?? "…"}
      marks={
        finding && (
          <>
            {finding.status === "unknown" ? (
              <VerdictMark verdict="unknown" soft word="could not be told" />
            ) : (
              <SeverityMark severity={finding.severity} soft />
            )}
            {owner && <EntityName entity={owner} onOpen={open} />}
          </>
        )
      }
      links={
        finding && (
          <>
            <CopyButton text={explainRule(finding.rule)}>seawall explain</CopyButton>
            {finding.fix?.command && <CopyButton text={finding.fix.command}>seawall fix</CopyButton>}
          </>
        )
      }
      tabs={{
        ...borrowed(owner),
        about: () => (
          <Answered answer={answer} what="The finding">
            {(data) => (
              <>
                <p>{data.message}</p>
                <Section title="Fix">
                  {data.fix ? (
                    <>
                      <p className={styles.prose} style={{ marginBottom: 8 }}>
                        {data.fix.text}
                      </p>
                      {data.fix.patch && <Diff patch={data.fix.patch} />}
                      {data.fix.command ? (
                        <>
                          <Command text={data.fix.command} />
                          <p className={styles.prose} style={{ marginTop: 6 }}>
                            <strong>{data.fix.safe ? "Safe to make:" : "May break the workload:"}</strong>{" "}
                            {data.fix.why}.
                          </p>
                        </>
                      ) : (
                        <p className={styles.prose}>
                          No program can make this change: how to mend it is for a person to decide.
                        </p>
                      )}
                    </>
                  ) : (
                    <p className={styles.prose}>{rule.data?.fix ?? "No fix is known."}</p>
                  )}
                </Section>
                {rule.data && (
                  <Section title="Why it matters">
                    <p className={styles.prose}>{rule.data.why}</p>
                    {rule.data.limits && (
                      <p className={styles.prose} style={{ marginTop: 6 }}>
                        <strong>Limits.</strong> {rule.data.limits}
                      </p>
                    )}
                  </Section>
                )}
                <dl className={parts.facts}>
                  <dt>rule</dt>
                  <dd>
                    <code>{data.rule}</code>
                  </dd>
                  {data.path && (
                    <>
                      <dt>path</dt>
                      <dd>
                        <code>{data.path}</code>
                      </dd>
                    </>
                  )}
                  {data.place && (
                    <>
                      <dt>place</dt>
                      <dd>
                        <code>{data.place}</code>
                      </dd>
                    </>
                  )}
                  <dt>seen in</dt>
                  <dd>{data.count === 1 ? "1 object" : `${count(data.count)} objects`}</dd>
                  <dt>first seen</dt>
                  <dd>
                    <Ago at={data.firstSeen} />
                  </dd>
                  <dt>last seen</dt>
                  <dd>
                    <Ago at={data.lastSeen} />
                  </dd>
                  {Object.entries(data.frameworks).map(([name, ids]) => (
                    <Framework key={name} name={name} ids={ids} />
                  ))}
                </dl>
              </>
            )}
          </Answered>
        ),
        changes: () => (
          <Answered answer={answer} what="Changes">
            {(data) => <Changes changes={data.history.map((one) => ({ at: one.at, what: one.transition }))} />}
          </Answered>
        ),
        raw: () => <Raw value={finding} />,
      }}
    />
  );
}

function Framework({ name, ids }: { name: string; ids: string[] }) {
  return (
    <>
      <dt>{name === "ATTACK" ? "ATT&CK" : name}</dt>
      <dd>
        <span className={styles.tags}>
          {ids.map((one) => (
            <span key={one} className={styles.tag}>
              {one}
            </span>
          ))}
        </span>
      </dd>
    </>
  );
}

function SignalDrawer({ incident, id }: { incident: string; id: string }) {
  const { select } = useConsole();
  const answer = useRead<Incident>(`/incidents/${encodeURIComponent(incident)}`, {}, { keep: false });
  const signal = answer.data?.signals.find((one) => one.id === id);
  const entry = answer.data?.timeline.find((one) => one.ref?.kind === "signal" && one.ref.id === id);
  const entity = entityOf(entry?.entity ?? answer.data?.entities[0] ?? "");
  return (
    <Shell
      icon="signal"
      kind="signal"
      title={signal?.title ?? signal?.rule ?? "…"}
      marks={
        signal && (
          <>
            {signal.severity && <SeverityMark severity={signal.severity} soft />}
            {signal.score !== null && <span>score {signal.score.toFixed(2)}</span>}
            {signal.suppressed && <span className={parts.muted}>suppressed</span>}
          </>
        )
      }
      tabs={{
        ...borrowed(entity, "audit"),
        about: () => (
          <Answered answer={answer} what="The signal">
            {() =>
              signal ? (
                <>
                  <Section title="Why it was raised">
                    <ul className={styles.reasons}>
                      {signal.reasons.map((reason) => (
                        <li key={reason}>{reason}</li>
                      ))}
                    </ul>
                  </Section>
                  <Section title={`Evidence (${signal.evidence.length})`}>
                    <ul className={styles.trail}>
                      {signal.evidence.map((one) => (
                        <li key={one.kind + one.id}>
                          <Icon name={kindIcon(one.kind)} size={13} />
                          <button type="button" onClick={() => select({ what: "event", kind: one.kind, id: one.id })}>
                            {one.kind} <code>{one.id}</code>
                          </button>
                        </li>
                      ))}
                    </ul>
                  </Section>
                  <dl className={parts.facts}>
                    <dt>rule</dt>
                    <dd>
                      <code>{signal.rule}</code>
                    </dd>
                  </dl>
                </>
              ) : (
                <Empty title="No such signal">The incident no longer holds it.</Empty>
              )
            }
          </Answered>
        ),
        raw: () => <Raw value={signal} />,
      }}
    />
  );
}
