import { Button } from "@mantine/core";
import { type KeyboardEvent, useMemo, useState } from "react";
import { useRead } from "~/api/queries";
import type { Finding, FindingGroup, Findings, Frameworks, Severity, TrendPoint } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { SCAN } from "~/format/commands";
import { count, exact, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { EntityName, SEVERITIES, SeverityMark, SeverityShape, VerdictMark } from "~/marks/marks";
import { Answered, Empty, Partial, SkeletonLines } from "~/parts/States";
import { panelProps, Tabs } from "~/parts/Tabs";
import { Ago } from "~/parts/Time";
import { Access } from "./Access";
import { Compliance } from "./Compliance";
import styles from "./posture.module.css";
import { Teams } from "./Teams";

const VIEWS = [
  { id: "findings", name: "Findings" },
  { id: "compliance", name: "Compliance" },
  { id: "access", name: "Access" },
  { id: "teams", name: "Teams" },
];
const DAY = 86_400_000;
const BY = ["cause", "namespace", "team"] as const;
type By = (typeof BY)[number];

/** What the findings of a list are grouped by. */
const useBy = (): By => {
  const { search } = useConsole();
  return BY.find((one) => one === search.group) ?? "cause";
};

/** What do I fix first? */
export default function Posture() {
  const { search, params, set, window } = useConsole();
  const view = VIEWS.find((one) => one.id === search.view)?.id ?? "findings";
  // Counts and teams are of everything the context holds; the chips narrow what is listed.
  const everything = useRead<Findings>("/findings", { ...params, group: "cause" }, { live: window.live });
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Posture</h1>
      <div className={styles.tools}>
        <Tabs
          id="posture"
          label="Posture"
          items={VIEWS}
          active={view}
          onChange={(next) => set({ view: next === "findings" ? undefined : next, group: undefined, state: undefined })}
        />
        {view === "findings" && everything.data && <Filters findings={everything.data} />}
      </div>
      <div style={{ display: "contents" }} {...panelProps("posture", view)}>
        {view === "findings" ? (
          <Groups />
        ) : view === "compliance" ? (
          <Compliance />
        ) : view === "teams" ? (
          <Teams />
        ) : (
          <Access />
        )}
      </div>
    </div>
  );
}

function Filters({ findings }: { findings: Findings }) {
  const { search, context, set } = useConsole();
  const by = useBy();
  const chosen = search.severity?.split(",") ?? [];
  const toggle = (severity: Severity) => {
    const next = chosen.includes(severity) ? chosen.filter((one) => one !== severity) : [...chosen, severity];
    set({ severity: next.join(",") || undefined }, true);
  };
  const namespaces = useMemo(
    () =>
      [
        ...new Set(
          [...findings.findings.map((one) => one.object.namespace), ...(context.namespace ?? [])].filter(Boolean),
        ),
      ].sort(),
    [findings.findings, context.namespace],
  );
  const teams = useMemo(() => [...new Set(findings.findings.map((one) => one.team))].sort(), [findings.findings]);
  return (
    <div className={styles.filters} role="toolbar" aria-label="Which findings">
      <select
        className={styles.select}
        aria-label="Grouped by"
        value={by}
        onChange={(event) => set({ group: event.target.value === "cause" ? undefined : event.target.value })}
      >
        {BY.map((one) => (
          <option key={one} value={one}>
            by {one}
          </option>
        ))}
      </select>
      {SEVERITIES.filter((severity) => (findings.counts.bySeverity[severity] ?? 0) > 0).map((severity) => (
        <button
          key={severity}
          type="button"
          className={styles.filter}
          aria-pressed={chosen.includes(severity)}
          onClick={() => toggle(severity)}
        >
          <SeverityShape severity={severity} size={9} />
          {severity} <b>{count(findings.counts.bySeverity[severity] ?? 0)}</b>
        </button>
      ))}
      {findings.counts.unknown > 0 && (
        <button
          type="button"
          className={styles.filter}
          aria-pressed={search.status === "unknown"}
          onClick={() => set({ status: search.status === "unknown" ? undefined : "unknown" }, true)}
          title="Checks that could not be decided"
        >
          <VerdictMark verdict="unknown" /> <b>{count(findings.counts.unknown)}</b>
        </button>
      )}
      {findings.counts.suppressed > 0 && (
        <button
          type="button"
          className={styles.filter}
          aria-pressed={search.status === "skipped"}
          onClick={() => set({ status: search.status === "skipped" ? undefined : "skipped" }, true)}
          title="Accepted by somebody, until a date"
        >
          accepted <b>{count(findings.counts.suppressed)}</b>
        </button>
      )}
      {(teams.length > 1 || search.team) && (
        <select
          className={styles.select}
          aria-label="Team"
          value={search.team ?? ""}
          onChange={(event) => set({ team: event.target.value || undefined }, true)}
        >
          <option value="">all teams</option>
          {search.team && !teams.includes(search.team) && <option>{search.team}</option>}
          {teams.filter(Boolean).map((team) => (
            <option key={team}>{team}</option>
          ))}
        </select>
      )}
      {(namespaces.length > 1 || context.namespace) && (
        <select
          className={styles.select}
          aria-label="Namespace"
          value={context.namespace?.[0] ?? ""}
          onChange={(event) => set({ namespace: event.target.value ? [event.target.value] : undefined }, true)}
        >
          <option value="">all namespaces</option>
          {namespaces.map((namespace) => (
            <option key={namespace}>{namespace}</option>
          ))}
        </select>
      )}
      <FrameworkFilter />
      <Trend />
    </div>
  );
}

/** Only what a framework is about. */
function FrameworkFilter() {
  const { search, params, set } = useConsole();
  const answer = useRead<Frameworks>("/compliance", params);
  if (!answer.data) return null;
  return (
    <select
      className={styles.select}
      aria-label="Framework"
      value={search.framework ?? ""}
      onChange={(event) => set({ framework: event.target.value || undefined }, true)}
    >
      <option value="">any framework</option>
      {answer.data.frameworks.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name} {one.version}
        </option>
      ))}
    </select>
  );
}

/** Is it getting better? Open faults on every other day of the last fourteen since the first scan, critical and high darker; the words say the same. */
function Trend() {
  const { search, params } = useConsole();
  const answer = useRead<TrendPoint[]>("/findings/trend", {
    ...params,
    framework: search.framework,
    team: search.team,
  });
  const points = answer.data;
  if (!points || points.length < 2) return null;
  const totals = points.map((one) => Object.values(one.bySeverity).reduce((sum, number) => sum + number, 0));
  const grave = points.map((one) => one.bySeverity.critical + one.bySeverity.high);
  const most = Math.max(1, ...totals);
  const days = Math.round((Date.parse(points.at(-1)?.at ?? "") - Date.parse(points[0]?.at ?? "")) / DAY);
  const change = (totals.at(-1) ?? 0) - (totals[0] ?? 0);
  const words =
    change === 0 ? "as many as" : change > 0 ? `${count(change)} more than` : `${count(-change)} fewer than`;
  return (
    <span className={styles.trend} title={`${words} ${days} days ago`}>
      <svg width={points.length * 7} height="18" role="img" aria-label={`${words} ${days} days ago`}>
        {totals.map((total, index) => (
          <g key={points[index]?.at}>
            <rect
              x={index * 7}
              width="5"
              y={18 - (total / most) * 18}
              height={(total / most) * 18}
              className={styles.all}
            />
            <rect
              x={index * 7}
              width="5"
              y={18 - ((grave[index] ?? 0) / most) * 18}
              height={((grave[index] ?? 0) / most) * 18}
              className={styles.grave}
            />
          </g>
        ))}
      </svg>
      {days} days: {change === 0 ? "level" : `${change > 0 ? "+" : "−"}${count(Math.abs(change))}`}
    </span>
  );
}

const GROUPS: Record<By, { head: string; of: (finding: Finding) => string; nameless: string }> = {
  cause: { head: "Cause", of: (finding) => finding.rule, nameless: "" },
  namespace: { head: "Namespace", of: (finding) => finding.object.namespace, nameless: "of the whole cluster" },
  team: { head: "Team", of: (finding) => finding.team, nameless: "nobody's" },
};

function Groups() {
  const { search, params, window, selection, select } = useConsole();
  const by = useBy();
  const answer = useRead<Findings>(
    "/findings",
    {
      ...params,
      group: by,
      severity: search.severity?.split(","),
      status: search.status,
      team: search.team,
      framework: search.framework,
    },
    { live: window.live },
  );
  const [opened, setOpened] = useState<string[]>([]);
  const selected = selection?.what === "finding" ? selection.id : null;
  return (
    <Answered
      answer={answer}
      what="Findings"
      skeleton={
        <div className={styles.list}>
          <SkeletonLines lines={10} />
        </div>
      }
    >
      {(data) => {
        const gaps = missing(data.coverage);
        return (
          <>
            {gaps.length > 0 && (
              <div className={styles.coverage}>
                <Partial>
                  <span>
                    {gaps.slice(0, 3).join("; ")}
                    {gaps.length > 3 && `; and ${gaps.length - 3} more`}
                  </span>
                </Partial>
              </div>
            )}
            <div className={styles.list}>
              {data.groups.length === 0 ? (
                <NoFindings />
              ) : (
                <>
                  <div className={styles.head} aria-hidden>
                    <span>Severity</span>
                    <span>{GROUPS[by].head}</span>
                    <span className={styles.number}>Objects</span>
                    <span>Exposure</span>
                    <span className={styles.wide}>Effort</span>
                    <span className={styles.wide}>Since</span>
                    <span />
                  </div>
                  {data.groups.map((group) => (
                    <Group
                      key={group.id}
                      by={by}
                      group={group}
                      findings={data.findings}
                      opened={opened.includes(group.id)}
                      selected={selected}
                      onToggle={() =>
                        setOpened((old) =>
                          old.includes(group.id) ? old.filter((one) => one !== group.id) : [...old, group.id],
                        )
                      }
                      onOpen={(finding) => select({ what: "finding", id: finding.id })}
                    />
                  ))}
                </>
              )}
            </div>
          </>
        );
      }}
    </Answered>
  );
}

/** What the checks could not read, in words, most telling first. */
function missing(coverage: Findings["coverage"]): string[] {
  const gaps = coverage.gaps.map((gap) => [gap.what || gap.kind, gap.where, gap.reason].filter(Boolean).join(", "));
  const kinds = Object.entries(coverage.unknownKinds).map(([kind, number]) => `${number} ${kind}`);
  if (kinds.length > 0)
    gaps.push(`kinds that no check knows: ${kinds.slice(0, 4).join(", ")}${kinds.length > 4 ? ", …" : ""}`);
  if (coverage.hidden) gaps.unshift("your scope hides some of it");
  return gaps;
}

const EXPOSURES: Record<string, string> = {
  internet: "internet",
  cluster: "cluster",
  namespace: "namespace",
  none: "none",
  unknown: "unknown",
};

/** Up and down walk the visible lines, whichever they are. */
function walk(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const lines = [...(event.currentTarget.closest(`.${styles.list}`)?.querySelectorAll<HTMLElement>("button") ?? [])];
  const next = lines[lines.indexOf(event.currentTarget) + step];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

function Group(props: {
  by: By;
  group: FindingGroup;
  findings: Finding[];
  opened: boolean;
  selected: string | null;
  onToggle: () => void;
  onOpen: (finding: Finding) => void;
}) {
  const { by, group, opened, selected } = props;
  const mine = useMemo(
    () => props.findings.filter((finding) => GROUPS[by].of(finding) === group.id),
    [props.findings, by, group.id],
  );
  return (
    <>
      <button type="button" className={styles.group} aria-expanded={opened} onClick={props.onToggle} onKeyDown={walk}>
        <SeverityMark severity={group.severity} />
        <span className={styles.title}>
          <strong>{group.title || GROUPS[by].nameless}</strong>
          <code>{group.rule || plural(group.count, "finding")}</code>
        </span>
        <span className={styles.number} title={`${exact(group.count)} findings`}>
          {exact(group.objects)}
        </span>
        <span className={styles.exposure} data-level={group.exposure} title={`reachable from: ${group.exposure}`}>
          {EXPOSURES[group.exposure] ?? group.exposure}
        </span>
        <span className={styles.wide}>{group.effort}</span>
        <span className={styles.wide}>
          <Ago at={group.firstSeen} />
        </span>
        <span className={styles.chevron}>
          <Icon name="right" size={13} />
        </span>
      </button>
      {opened && (
        <div className={styles.objects}>
          {mine.map((finding) => (
            <button
              key={finding.id}
              type="button"
              className={styles.object}
              data-selected={finding.id === selected}
              onClick={() => props.onOpen(finding)}
              onKeyDown={walk}
            >
              <span>
                {finding.status === "unknown" ? (
                  <VerdictMark verdict="unknown" />
                ) : finding.status === "skipped" ? (
                  <span className={styles.muted}>accepted</span>
                ) : by === "cause" ? (
                  ""
                ) : (
                  <SeverityMark severity={finding.severity} />
                )}
              </span>
              <EntityName
                entity={{ kind: finding.object.kind, namespace: finding.object.namespace, name: finding.object.name }}
                plain
              />
              {by === "cause" ? (
                <code className={`${styles.wide} ${styles.muted}`}>{finding.place || finding.path}</code>
              ) : (
                <span className={styles.what}>{finding.title}</span>
              )}
              <span className={styles.muted}>{finding.team}</span>
              <span className={`${styles.wide} ${styles.muted}`}>
                <Ago at={finding.firstSeen} />
              </span>
            </button>
          ))}
          {mine.length === 0 && (
            <p style={{ padding: "6px 14px" }}>{plural(group.objects, "object")}; the list of them was cut.</p>
          )}
        </div>
      )}
    </>
  );
}

function NoFindings() {
  const { search, context, set } = useConsole();
  const narrowed =
    search.severity ??
    search.status ??
    search.team ??
    search.framework ??
    context.q ??
    context.namespace ??
    context.workload;
  return narrowed ? (
    <Empty
      icon="check"
      title="No findings match"
      actions={
        <Button
          variant="default"
          onClick={() =>
            set({
              severity: undefined,
              status: undefined,
              team: undefined,
              framework: undefined,
              q: undefined,
              namespace: undefined,
              workload: undefined,
            })
          }
        >
          Show all
        </Button>
      }
    >
      The chips, the filter or the entities above leave nothing over.
    </Empty>
  ) : (
    <Empty icon="posture" title="No findings" command={SCAN}>
      Either nothing is wrong, or nothing was scanned yet. Health lists the scans.
    </Empty>
  );
}
