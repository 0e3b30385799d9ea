import { Link } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useMemo } from "react";
import { useRead } from "~/api/queries";
import type { Histogram, IncidentSummary, ObjectChange, Overview as OverviewData, TeamPosture } from "~/api/types";
import { entityKind, identityLabel } from "~/context/entity";
import { rfc3339 } from "~/context/time";
import { kept, useConsole } from "~/context/useConsole";
import { INGEST_AUDIT, INGEST_FLOWS, SCAN } from "~/format/commands";
import { count, exact, plural, share } from "~/format/numbers";
import { conditionOf, type SourceCondition } from "~/format/sources";
import { Icon } from "~/marks/Icon";
import { EntityName, SeverityMark, SeverityShape, Simulated, StateMark, type Tone } from "~/marks/marks";
import { Panel } from "~/parts/Panel";
import { Answered, Empty, Skeleton, SkeletonLines } from "~/parts/States";
import { Ago } from "~/parts/Time";
import { STATE_TONES, STORIES } from "../incidents/states";
import { around } from "./around";
import styles from "./overview.module.css";

const TimeChart = lazy(() => import("~/parts/TimeChart"));

const LEVELS = ["critical", "high", "medium", "low"] as const;
export const CONDITION_TONES: Record<SourceCondition, Tone> = {
  ok: "good",
  silent: "high",
  losing: "denied",
  unknown: "unknown",
};

/** Is anything on fire, is anything worse than yesterday, can I trust this page? */
export default function Overview() {
  const { params, window, set } = useConsole();
  const answer = useRead<OverviewData>("/overview", params, { live: window.live });
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Overview</h1>
      <Answered answer={answer} what="The overview" skeleton={<Loading />}>
        {(data) => (
          <>
            <Answers data={data} />
            <Incidents />
            <Posture data={data} />
            <Panel
              title="Traffic"
              className={styles.traffic}
              aside={data.simulated && <Simulated what="flows simulated" />}
            >
              <Traffic
                data={data}
                onBrush={(from, to) => set({ from: rfc3339(from), to: rfc3339(to), live: undefined })}
                onNewest={() => data.newest && set(around(data.newest))}
              />
            </Panel>
            <Sources data={data} />
            <Changes />
          </>
        )}
      </Answered>
    </div>
  );
}

function Answers({ data }: { data: OverviewData }) {
  const { open, investigating, closed } = data.incidents;
  const [today, yesterday] = [serious(data.posture.byTeam), seriousYesterday(data.posture.byTeam)];
  const change = yesterday === null ? null : today - yesterday;
  const { flows, denied, unknown } = data.traffic;
  const loss = data.health.lossRatio;
  const quiet = data.health.sources.filter((source) => ["silent", "losing"].includes(conditionOf(source)));
  const critical = data.posture.bySeverity.critical ?? 0;
  return (
    <section className={styles.answers} aria-label="The answers">
      <Question
        to="/incidents"
        question="Is anything on fire?"
        tone={open ? "bad" : investigating ? "warn" : ""}
        big={
          open ? (
            <>
              <SeverityShape severity="critical" size={15} /> {open} open
            </>
          ) : investigating ? (
            `${investigating} being handled`
          ) : (
            "Nothing open"
          )
        }
      >
        {investigating && open
          ? `${investigating} being investigated`
          : open + investigating === 0
            ? "no signal became an incident"
            : `${plural(closed, "closed incident")} before`}
      </Question>
      <Question
        to="/posture"
        question="Worse than yesterday?"
        tone={change !== null && change > 0 ? "warn" : ""}
        big={
          change === null ? (
            `${count(today)} serious`
          ) : change > 0 ? (
            <>
              <Icon name="up" size={18} /> {change} more serious
            </>
          ) : change < 0 ? (
            <>
              <Icon name="down" size={18} /> {-change} fewer serious
            </>
          ) : (
            "No change"
          )
        }
      >
        {critical} critical, {count(data.posture.bySeverity.high ?? 0)} high findings now
      </Question>
      <Question
        to="/explore/flow"
        filter="verdict:denied"
        question="Is traffic being refused?"
        big={flows === 0 ? "No flows" : `${share(denied, flows)} denied`}
      >
        {flows === 0
          ? "none recorded in this window"
          : `of ${count(flows)} flows; ${share(unknown, flows)} without a verdict`}
      </Question>
      <Question
        to="/health"
        question="Can I trust this page?"
        tone={quiet.length ? "warn" : ""}
        big={loss === null ? "Loss unknown" : `${share(1 - loss, 1)} kept`}
      >
        {quiet.length
          ? `${quiet.length} of ${data.health.sources.length} sources not delivering`
          : `all ${plural(data.health.sources.length, "source")} deliver`}
        , {plural(data.health.unknowns, "unknown")}
      </Question>
    </section>
  );
}

function Question(props: {
  to: "/incidents" | "/posture" | "/explore/flow" | "/health";
  filter?: string;
  question: string;
  big: ReactNode;
  tone?: string;
  children: ReactNode;
}) {
  const { search } = useConsole();
  const q = props.filter ? [search.q, props.filter].filter(Boolean).join(" ") : search.q;
  return (
    <Link to={props.to} search={kept({ q }) as never} className={styles.answer}>
      <span className={styles.question}>{props.question}</span>
      <span className={styles.big} data-tone={props.tone}>
        {props.big}
      </span>
      <span className={styles.small}>{props.children}</span>
    </Link>
  );
}

const serious = (teams: TeamPosture[]) => teams.reduce((sum, team) => sum + team.critical + team.high, 0);

function seriousYesterday(teams: TeamPosture[]): number | null {
  if (teams.length === 0 || teams.some((team) => team.yesterday === null)) return null;
  return teams.reduce((sum, team) => sum + (team.yesterday?.critical ?? 0) + (team.yesterday?.high ?? 0), 0);
}

function Incidents() {
  const { params, window } = useConsole();
  const answer = useRead<IncidentSummary[]>("/incidents", { ...params, from: STORIES }, { live: window.live });
  return (
    <Panel
      title="Incidents"
      className={styles.incidents}
      aside={
        <Link to="/incidents" search={kept() as never}>
          all <Icon name="right" size={11} />
        </Link>
      }
    >
      <Answered answer={answer} what="Incidents" skeleton={<SkeletonLines lines={5} />}>
        {(incidents) => {
          const alive = incidents.filter((one) => one.state !== "closed").slice(0, 5);
          if (alive.length === 0)
            return (
              <Empty icon="check" title="Nothing is open">
                Signals become an incident when they concern the same entity.{" "}
                {incidents.length > 0
                  ? `${plural(incidents.length, "incident")} closed in this window.`
                  : "None in this window."}
              </Empty>
            );
          return alive.map((incident) => (
            <Link
              key={incident.id}
              to="/incidents/$incident"
              params={{ incident: incident.id }}
              search={kept() as never}
              className={styles.incident}
            >
              <SeverityMark severity={incident.severity} />
              <span className={styles.incidentTitle}>{incident.title}</span>
              <StateMark tone={STATE_TONES[incident.state] ?? "unknown"}>{incident.state}</StateMark>
              <span className={styles.incidentMeta}>
                <span>{plural(incident.signals, "signal")}</span>
                <span>{plural(incident.stages.length, "stage")} of the kill chain</span>
                <span>
                  last <Ago at={incident.lastSeen} />
                </span>
                {incident.simulated && <Simulated />}
              </span>
            </Link>
          ));
        }}
      </Answered>
    </Panel>
  );
}

function Posture({ data }: { data: OverviewData }) {
  const teams = useMemo(
    () => [...data.posture.byTeam].sort((a, b) => b.critical - a.critical || b.high - a.high || b.medium - a.medium),
    [data.posture.byTeam],
  );
  const total = (one: { critical: number; high: number; medium: number; low: number }) =>
    LEVELS.reduce((sum, level) => sum + one[level], 0);
  const most = Math.max(1, ...teams.map((team) => Math.max(total(team), team.yesterday ? total(team.yesterday) : 0)));
  return (
    <Panel
      title="Findings by team"
      className={styles.posture}
      aside={
        <span className={styles.key}>
          <i style={{ width: 2, height: 12, background: "var(--text)" }} /> yesterday
        </span>
      }
    >
      {teams.length === 0 ? (
        <Empty icon="posture" title="No findings yet" command={SCAN}>
          Nothing was scanned, or nothing is wrong. Coverage under Posture says which.
        </Empty>
      ) : (
        <table className={styles.teams}>
          <thead>
            <tr>
              <th scope="col">Team</th>
              <th scope="col" aria-label="Share" />
              {LEVELS.map((level) => (
                <th key={level} scope="col">
                  <span className={styles.key}>
                    <SeverityShape severity={level} size={8} /> {level}
                  </span>
                </th>
              ))}
              <th scope="col" title="critical and high, against yesterday">
                change
              </th>
            </tr>
          </thead>
          <tbody>
            {teams.map((team) => {
              const change = team.yesterday
                ? team.critical + team.high - team.yesterday.critical - team.yesterday.high
                : null;
              return (
                <tr key={team.team}>
                  <td>
                    <Link to="/posture" search={kept({ team: team.team || "-" }) as never}>
                      {team.team || "nobody's"}
                    </Link>
                  </td>
                  <td className={styles.barCell}>
                    <div className={styles.barTrack} aria-hidden>
                      {LEVELS.map(
                        (level) =>
                          team[level] > 0 && (
                            <i
                              key={level}
                              style={{
                                width: `${(100 * team[level]) / most}%`,
                                background: `var(--${level})`,
                                opacity: level === "medium" || level === "low" ? 0.55 : 1,
                              }}
                            />
                          ),
                      )}
                      {team.yesterday && (
                        <span
                          className={styles.yesterday}
                          style={{ left: `calc(${(100 * total(team.yesterday)) / most}% - 1px)` }}
                        />
                      )}
                    </div>
                  </td>
                  {LEVELS.map((level) => (
                    <td key={level} className={team[level] === 0 ? styles.zero : undefined}>
                      {count(team[level])}
                    </td>
                  ))}
                  <td
                    className={
                      change === null || change === 0 ? styles.zero : change > 0 ? styles.worse : styles.better
                    }
                  >
                    {change === null ? "?" : change > 0 ? `+${change}` : change < 0 ? `−${-change}` : "0"}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Traffic({
  data,
  onBrush,
  onNewest,
}: {
  data: OverviewData;
  onBrush: (from: number, to: number) => void;
  onNewest: () => void;
}) {
  const { series, flows } = data.traffic;
  const histogram = useMemo<Histogram | null>(() => {
    if (series.length < 2) return null;
    const [first, second] = [Date.parse(series[0]!.t), Date.parse(series[1]!.t)];
    const step = (second - first) / 1000;
    return {
      from: series[0]!.t,
      to: rfc3339(first + series.length * step * 1000),
      step,
      series: (["allowed", "denied", "unknown"] as const).map((name) => ({
        name,
        counts: series.map((point) => point[name]),
      })),
    };
  }, [series]);
  if (flows === 0 || !histogram)
    return (
      <Empty
        icon="flow"
        title="No flows in this window"
        command={data.newest ? undefined : INGEST_FLOWS}
        actions={
          data.newest && (
            <button type="button" onClick={onNewest} style={{ color: "var(--accent)", fontWeight: 600 }}>
              Go to the newest events
            </button>
          )
        }
      >
        {data.newest ? (
          <>
            The newest event is from <Ago at={data.newest} />.
          </>
        ) : (
          "No source has delivered any yet."
        )}
      </Empty>
    );
  return (
    <div className={styles.chart} title={`${exact(flows)} flows`}>
      <Suspense fallback={<Skeleton height={190} />}>
        <TimeChart histogram={histogram} height={168} label="Flows over time" onBrush={onBrush} legend />
      </Suspense>
    </div>
  );
}

function Sources({ data }: { data: OverviewData }) {
  const sources = [...data.health.sources].sort((a, b) => rank(conditionOf(b)) - rank(conditionOf(a)));
  return (
    <Panel
      title="Sources"
      className={styles.sources}
      aside={
        <Link to="/health" search={kept() as never}>
          health <Icon name="right" size={11} />
        </Link>
      }
    >
      {sources.length === 0 ? (
        <Empty icon="health" title="No source yet" command={INGEST_AUDIT}>
          Without events, only objects and findings are known.
        </Empty>
      ) : (
        sources.slice(0, 7).map((source) => {
          const condition = conditionOf(source);
          return (
            <div key={`${source.source}/${source.kind}`} className={styles.source}>
              <span title={source.source}>
                {source.source} <span className={styles.zero}>{source.kind}</span>
              </span>
              <StateMark tone={CONDITION_TONES[condition]}>{condition}</StateMark>
              <span className={styles.lag}>
                <Ago at={source.lastEvent} />
              </span>
            </div>
          );
        })
      )}
    </Panel>
  );
}

const unnamed = (change: ObjectChange) =>
  change.change === "added" ? `(a new ${change.object.kind})` : `(several of ${change.object.kind})`;

/** What changed? The first thing anybody asks when something broke. */
function Changes() {
  const { params, window, open } = useConsole();
  const answer = useRead<ObjectChange[]>("/changes", params, { live: window.live });
  return (
    <Panel title="Changes of objects" className={styles.changes}>
      <Answered answer={answer} what="Changes" skeleton={<SkeletonLines lines={3} />}>
        {(changes) =>
          changes.length === 0 ? (
            <Empty icon="change" title="Nothing changed in this window">
              Seawall sees changes while it watches a live cluster, and between two snapshots.
            </Empty>
          ) : (
            changes.slice(0, 8).map((change) => (
              <div key={`${change.at}${change.what}`} className={styles.change}>
                <Ago at={change.at} />
                {change.object.name ? (
                  <EntityName entity={{ ...change.object, kind: entityKind(change.object.kind) }} onOpen={open} />
                ) : (
                  // The log of a create whose name the server makes, or of a delete of many, names none.
                  <EntityName
                    entity={{ ...change.object, kind: entityKind(change.object.kind), name: unnamed(change) }}
                    plain
                  />
                )}
                <span>
                  {change.change}{" "}
                  {change.actor && <span className={styles.zero}>by {identityLabel(change.actor)}</span>}
                </span>
              </div>
            ))
          )
        }
      </Answered>
    </Panel>
  );
}

const rank = (condition: SourceCondition) => ["ok", "unknown", "silent", "losing"].indexOf(condition);

function Loading() {
  return (
    <>
      <div className={styles.answers}>
        {["a", "b", "c", "d"].map((one) => (
          <div key={one} className={styles.answer}>
            <Skeleton width="50%" />
            <Skeleton width="70%" height={26} style={{ margin: "4px 0" }} />
            <Skeleton width="80%" />
          </div>
        ))}
      </div>
      <Panel title="Incidents" className={styles.incidents}>
        <SkeletonLines lines={5} />
      </Panel>
      <Panel title="Findings by team" className={styles.posture}>
        <SkeletonLines lines={5} />
      </Panel>
      <Panel title="Traffic" className={styles.traffic}>
        <SkeletonLines lines={6} />
      </Panel>
      <Panel title="Sources" className={styles.sources}>
        <SkeletonLines lines={6} />
      </Panel>
    </>
  );
}
