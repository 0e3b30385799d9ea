import { Button, TextInput } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { useRead } from "~/api/queries";
import type { AccessChanges, AccessSubjects, WhatCan, WhoCan } from "~/api/types";
import { entityOf } from "~/context/entity";
import { useConsole } from "~/context/useConsole";
import { ACCESS_DIFF, WHO_CAN } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { EntityName } from "~/marks/marks";
import { DataTable } from "~/parts/DataTable";
import { Panel } from "~/parts/Panel";
import { Answered, Empty, Partial } from "~/parts/States";
import { panelProps, Tabs } from "~/parts/Tabs";
import { Ago } from "~/parts/Time";
import styles from "./access.module.css";
import { GrantGraph } from "./GrantGraph";

const QUESTIONS = [
  { id: "who", name: "Who can" },
  { id: "subjects", name: "Subjects" },
  { id: "changes", name: "Changes" },
];
const VERBS = ["get", "list", "create", "update", "patch", "delete", "escalate", "bind", "impersonate"];
const REACHES: Record<string, string> = {
  cluster: "the cluster",
  node: "a node",
  account: "another identity",
  secret: "secrets",
  traffic: "others' traffic",
  guard: "a guard taken away",
  inside: "the inside of pods",
};

interface Named {
  kind: string;
  name: string;
  namespace: string;
}

/** As the API takes a subject. */
const spelt = (one: Named) =>
  one.kind === "ServiceAccount" ? `${one.namespace}/${one.name}` : `${one.kind.toLowerCase()}:${one.name}`;

/** Who can do what, what could somebody come to, what has changed? */
export function Access() {
  const { search, set } = useConsole();
  const ask = search.subject ? "subjects" : (QUESTIONS.find((one) => one.id === search.ask)?.id ?? "who");
  return (
    <div className={styles.access}>
      <div className={styles.questions}>
        <Tabs
          id="access"
          label="Access"
          items={QUESTIONS}
          active={ask}
          onChange={(next) => set({ ask: next === "who" ? undefined : next, subject: undefined })}
        />
      </div>
      <div className={styles.answer} {...panelProps("access", ask)}>
        {ask === "who" ? <Who /> : ask === "changes" ? <Changes /> : search.subject ? <Subject /> : <Subjects />}
      </div>
    </div>
  );
}

const NOT_HERE = (
  <Empty icon="identity" title="Who can do what is not on this server yet" command={WHO_CAN}>
    The command line answers it from the live cluster, a snapshot or a folder of manifests.
  </Empty>
);

const subjectColumn = <Row extends Named>() => ({
  id: "name",
  head: "Subject",
  value: (one: Row) => one.name,
  cell: (one: Row) => (
    <EntityName
      entity={{ kind: "identity", namespace: "", name: one.namespace ? `${one.namespace}/${one.name}` : one.name }}
      plain
    />
  ),
});
const kindColumn = <Row extends Named>() => ({
  id: "kind",
  head: "Kind",
  value: (one: Row) => one.kind,
  cell: (one: Row) => one.kind,
});

function Who() {
  const { params, search, set } = useConsole();
  const asked = {
    verb: search.verb ?? "get",
    resource: search.resource ?? "secrets",
    namespace: search.where ?? "",
    name: search.object ?? "",
  };
  const answer = useRead<WhoCan>("/access/who-can", { cluster: params.cluster, ...asked });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    set({ verb: text("verb"), resource: text("resource"), where: text("namespace"), object: text("name") });
  };
  return (
    <div className={styles.list}>
      <form className={styles.who} onSubmit={submit}>
        <label>
          <span className={styles.label}>Verb</span>
          <select name="verb" defaultValue={asked.verb} className={styles.select}>
            {[...new Set([...VERBS, asked.verb])].map((verb) => (
              <option key={verb}>{verb}</option>
            ))}
          </select>
        </label>
        <TextInput name="resource" label="Resource" defaultValue={asked.resource} />
        <TextInput name="namespace" label="Namespace" defaultValue={asked.namespace} placeholder="any" />
        <TextInput name="name" label="Name" defaultValue={asked.name} placeholder="any" />
        <Button type="submit">Who can?</Button>
      </form>
      <Answered answer={answer} what="Access" unavailable={NOT_HERE}>
        {(data) => (
          <>
            {data.unknown.length > 0 && <Partial>{data.unknown.join("; ")}</Partial>}
            {data.subjects.length === 0 ? (
              <Empty icon="identity" title="Nobody whom a binding names">
                {data.notes.join("; ") || "Only who bypasses RBAC may."}
              </Empty>
            ) : (
              <DataTable
                label="Who can"
                rows={data.subjects}
                rowId={(one) => one.id}
                onOpen={(one) => set({ subject: spelt(one) })}
                columns={[
                  subjectColumn(),
                  kindColumn(),
                  { id: "scope", head: "Where", value: (one) => one.scope, cell: (one) => one.scope },
                  {
                    id: "via",
                    head: "By",
                    cell: (one) => one.via.map((via) => `${via.binding} → ${via.role}`).join(", "),
                  },
                ]}
              />
            )}
            {data.truncated > 0 && <p className={styles.note}>{count(data.truncated)} more are not listed.</p>}
          </>
        )}
      </Answered>
    </div>
  );
}

function Subjects() {
  const { params, set } = useConsole();
  const answer = useRead<AccessSubjects>("/access/subjects", { cluster: params.cluster });
  return (
    <div className={styles.list}>
      <Answered answer={answer} what="Access" unavailable={NOT_HERE}>
        {(data) =>
          data.subjects.length === 0 ? (
            <Empty icon="identity" title="No binding names anybody" command={WHO_CAN}>
              {data.unknown.join("; ")}
            </Empty>
          ) : (
            <>
              {data.unknown.length > 0 && <Partial>{data.unknown.join("; ")}</Partial>}
              <DataTable
                label="Subjects"
                rows={data.subjects}
                rowId={(one) => one.id}
                onOpen={(one) => set({ subject: spelt(one) })}
                columns={[
                  subjectColumn(),
                  kindColumn(),
                  {
                    id: "reach",
                    head: "Could come to",
                    hint: "The most that they could win with what they were given",
                    cell: (one) =>
                      one.reach ? (
                        <b className={one.reach === "cluster" || one.reach === "node" ? styles.grave : undefined}>
                          {REACHES[one.reach] ?? one.reach}
                        </b>
                      ) : (
                        <span className={styles.muted}>no more than given</span>
                      ),
                  },
                  {
                    id: "ways",
                    head: "Because they",
                    cell: (one) => (
                      <>
                        {one.ways.slice(0, 3).join(", ")}
                        {one.ways.length > 3 && ` and ${one.ways.length - 3} more`}
                      </>
                    ),
                  },
                  {
                    id: "bindings",
                    head: "Bindings",
                    right: true,
                    value: (one) => one.bindings,
                    cell: (one) => count(one.bindings),
                  },
                ]}
              />
              <p className={styles.note}>
                {data.truncated > 0 && `${count(data.truncated)} more are not listed. `}
                {plural(data.system, "subject")} that Kubernetes itself brings {data.system === 1 ? "is" : "are"} left
                out.
              </p>
            </>
          )
        }
      </Answered>
    </div>
  );
}

function Subject() {
  const { params, search, set, open } = useConsole();
  const subject = search.subject ?? "";
  const answer = useRead<WhatCan>("/access/what-can", { cluster: params.cluster, subject });
  return (
    <Answered answer={answer} what="Access" unavailable={NOT_HERE}>
      {(data) => {
        const name = data.subject.namespace ? `${data.subject.namespace}/${data.subject.name}` : data.subject.name;
        return (
          <section aria-label={`What ${name} can`} className={styles.subject}>
            <div className={styles.heading}>
              <Button variant="default" size="compact-sm" onClick={() => set({ subject: undefined, ask: "subjects" })}>
                All subjects
              </Button>
              <h2>
                {name} <span className={styles.muted}>{data.subject.kind}</span>
              </h2>
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => open(entityOf(data.id) ?? { kind: "identity", namespace: "", name })}
              >
                What it did
              </Button>
            </div>
            {data.unknown.length > 0 && <Partial>{data.unknown.join("; ")}</Partial>}
            {data.permissions.length === 0 ? (
              <Empty icon="identity" title={`No binding gives ${name} anything`} />
            ) : (
              <>
                <Panel title="What gives what">
                  <GrantGraph answer={data} />
                </Panel>
                <Panel title={`${plural(data.powers.length, "way")} to more than was given`}>
                  <Powers answer={data} />
                </Panel>
                <Panel title={plural(data.permissions.length + data.truncated, "rule")}>
                  <DataTable
                    label="Rules"
                    rows={data.permissions}
                    rowId={(one) => `${one.binding}/${one.scope}/${one.text}/${one.by}`}
                    wrap
                    columns={[
                      { id: "text", head: "May", value: (one) => one.text, cell: (one) => one.text },
                      { id: "scope", head: "Where", value: (one) => one.scope, cell: (one) => one.scope },
                      { id: "by", head: "By", cell: (one) => `${one.binding} → ${one.role}` },
                    ]}
                  />
                </Panel>
              </>
            )}
          </section>
        );
      }}
    </Answered>
  );
}

function Powers({ answer }: { answer: WhatCan }) {
  if (answer.powers.length === 0) return <p className={styles.note}>None that is known.</p>;
  return (
    <ul className={styles.powers}>
      {answer.powers.map((one) => (
        <li key={`${one.power}/${one.scope}`}>
          <details>
            <summary>
              <b className={one.reach === "cluster" || one.reach === "node" ? styles.grave : undefined}>
                {REACHES[one.reach] ?? one.reach}
              </b>
              <span>
                {one.title}, {one.scope}
              </span>
            </summary>
            <ol>
              {one.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </details>
        </li>
      ))}
    </ul>
  );
}

function Changes() {
  const { params, set } = useConsole();
  const answer = useRead<AccessChanges>("/access/changes", params);
  return (
    <div className={styles.list}>
      <Answered
        answer={answer}
        what="Access"
        unavailable={
          <Empty icon="identity" title="The past of this cluster is not known" command={ACCESS_DIFF}>
            Only a cluster that is followed has one. The command line compares two snapshots.
          </Empty>
        }
      >
        {(data) => (
          <>
            {data.unknown.length > 0 && <Partial>{data.unknown.join("; ")}</Partial>}
            <p className={styles.note}>
              From <Ago at={data.from} /> to <Ago at={data.to} />; known since <Ago at={data.knownSince} />.
            </p>
            {data.changes.length === 0 ? (
              <Empty icon="identity" title="Nobody gained or lost anything in this window">
                A wider window, at the top, looks back as far as the cluster was followed.
              </Empty>
            ) : (
              <DataTable
                label="Changes of access"
                rows={data.changes}
                rowId={(one) => `${one.id}/${one.scope}`}
                onOpen={(one) => set({ subject: spelt(one) })}
                wrap
                columns={[
                  subjectColumn(),
                  kindColumn(),
                  { id: "scope", head: "Where", value: (one) => one.scope, cell: (one) => one.scope },
                  {
                    id: "gained",
                    head: "Gained",
                    value: (one) => one.gained.length,
                    cell: (one) => <Rules of={one.gained} sign="+" className={styles.gained} />,
                  },
                  {
                    id: "lost",
                    head: "Lost",
                    value: (one) => one.lost.length,
                    cell: (one) => <Rules of={one.lost} sign="−" className={styles.lost} />,
                  },
                ]}
              />
            )}
            {data.truncated > 0 && <p className={styles.note}>{count(data.truncated)} more are not listed.</p>}
          </>
        )}
      </Answered>
    </div>
  );
}

function Rules({ of, sign, className }: { of: string[]; sign: string; className: string | undefined }): ReactNode {
  return of.map((rule) => (
    <div key={rule} className={className}>
      {sign} {rule}
    </div>
  ));
}
