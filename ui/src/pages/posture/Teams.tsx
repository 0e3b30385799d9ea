import { useRead } from "~/api/queries";
import type { TeamReport, Teams as TeamsData } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { TEAMS } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { EntityName, VerdictMark } from "~/marks/marks";
import { DataTable } from "~/parts/DataTable";
import { Panel } from "~/parts/Panel";
import { Answered, Empty, Partial } from "~/parts/States";
import styles from "./posture.module.css";

const WHOM: Record<string, string> = { outside: "anybody outside", cluster: "any pod" };
const whoever = (whom: string[]) =>
  whom.length ? whom.map((one) => WHOM[one] ?? one).join(", ") : "whom policies name";

/** What has each team, what does it lack, what may others do to it? */
export function Teams() {
  const { params, search, set } = useConsole();
  const answer = useRead<TeamsData>("/teams", { cluster: params.cluster });
  return (
    <div>
      <Answered answer={answer} what="Teams">
        {(data) => {
          const chosen = data.teams.find((one) => one.team === search.team);
          if (data.teams.length === 0)
            return (
              <Empty icon="identity" title="Nobody says whose a namespace is" command={TEAMS}>
                Label namespaces with <code>team</code>, or name a contract in the configuration.
              </Empty>
            );
          return (
            <>
              <div className={styles.list}>
                <DataTable
                  label="Teams"
                  rows={data.teams}
                  rowId={(one) => one.team}
                  selected={chosen?.team ?? null}
                  onOpen={(one) => set({ team: one.team === chosen?.team ? undefined : one.team })}
                  columns={[
                    { id: "team", head: "Team", value: (one) => one.team, cell: (one) => <b>{one.team}</b> },
                    number(
                      "openings",
                      "Open",
                      (one) => one.openings.length,
                      "Workloads that everybody reaches, or that reach everybody",
                    ),
                    number(
                      "others",
                      "Strangers",
                      (one) => one.others.length,
                      "Not of the team, with rights in its namespaces",
                    ),
                    number(
                      "lacks",
                      "Lacks",
                      (one) => one.broken.length + one.powerless.length,
                      "What must hold and does not, rights it should have",
                    ),
                    number("workloads", "Workloads", (one) => one.workloads),
                    number("policies", "Policies", (one) => one.policies.length),
                    {
                      id: "namespaces",
                      head: "Namespaces",
                      value: (one) => one.namespaces.length,
                      cell: (one) => one.namespaces.join(", "),
                    },
                  ]}
                />
              </div>
              <p className={styles.note}>
                {!chosen && "Choose a team: what of it is open to whom, and who else has rights in its namespaces. "}
                {data.source === "labels" && "By the team labels of namespaces: no contract is configured."}
              </p>
              {chosen && <Team report={chosen} />}
            </>
          );
        }}
      </Answered>
    </div>
  );
}

/** A column of counts; one with a hint counts what is wrong. */
const number = (id: string, head: string, value: (one: TeamReport) => number, hint?: string) => ({
  id,
  head,
  hint,
  right: true,
  value,
  cell: (one: TeamReport) =>
    hint && value(one) > 0 ? <b className={styles.wrong}>{count(value(one))} !</b> : count(value(one)),
});

function Team({ report }: { report: TeamReport }) {
  const { open } = useConsole();
  return (
    <section aria-label={`Team ${report.team}`} className={styles.team}>
      {report.unknown.length > 0 && <Partial>{report.unknown.join("; ")}</Partial>}
      {(report.powerless.length > 0 || report.broken.length > 0) && (
        <Panel title="It lacks">
          <ul className={styles.lines}>
            {report.powerless.map((line) => (
              <li key={line}>{line}</li>
            ))}
            {report.broken.map((one) => (
              <li key={one.name}>
                <VerdictMark verdict={one.outcome === "fail" ? "denied" : "unknown"} /> {one.name}: {one.reason}
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Panel title={`${plural(report.openings.length, "workload")} open to everybody`}>
        {report.openings.length === 0 ? (
          <p className={styles.note}>Every workload is isolated in both directions.</p>
        ) : (
          <DataTable
            label="Open workloads"
            rows={report.openings}
            rowId={(one) => `${one.workload.namespace}/${one.workload.kind}/${one.workload.name}`}
            onOpen={(one) => open({ kind: "workload", namespace: one.workload.namespace, name: one.workload.name })}
            columns={[
              {
                id: "workload",
                head: "Workload",
                value: (one) => `${one.workload.namespace}/${one.workload.name}`,
                cell: (one) => (
                  <EntityName
                    entity={{ kind: "workload", namespace: one.workload.namespace, name: one.workload.name }}
                    plain
                  />
                ),
              },
              {
                id: "in",
                head: "May be reached by",
                cell: (one) => whoever(one.reachedBy),
              },
              { id: "out", head: "May reach", cell: (one) => whoever(one.reaches) },
            ]}
          />
        )}
      </Panel>
      <Panel title={`${plural(report.others.length, "stranger")} with rights here`}>
        {report.others.length === 0 ? (
          <p className={styles.note}>
            Nobody outside the team but the cluster's own components ({count(report.system)}).
          </p>
        ) : (
          <>
            <DataTable
              label="Strangers"
              rows={report.others}
              rowId={(one) => `${one.subject.kind}/${one.subject.namespace}/${one.subject.name}`}
              wrap
              columns={[
                {
                  id: "who",
                  head: "Who",
                  value: (one) => one.subject.name,
                  cell: (one) =>
                    `${one.subject.kind} ${one.subject.namespace ? `${one.subject.namespace}/` : ""}${one.subject.name}`,
                },
                { id: "what", head: "May", value: (one) => one.what.length, cell: (one) => one.what.join(", ") },
                { id: "where", head: "In", cell: (one) => one.namespaces.join(", ") },
                {
                  id: "by",
                  head: "By",
                  cell: (one) => one.bindings.map((by) => `${by.kind} ${by.name}`).join(", "),
                },
              ]}
            />
            <p className={styles.note}>And {count(report.system)} of the cluster's own components.</p>
          </>
        )}
      </Panel>
    </section>
  );
}
