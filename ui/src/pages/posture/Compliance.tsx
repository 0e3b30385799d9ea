import { useState } from "react";
import { address } from "~/api/client";
import { useRead } from "~/api/queries";
import type { ComplianceUnit, Control, ControlState, Findings, Framework, Frameworks } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { REPORT, WATCH } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { EntityName, SeverityShape, VerdictMark } from "~/marks/marks";
import { DataTable } from "~/parts/DataTable";
import { Answered, Empty, Partial, SkeletonLines } from "~/parts/States";
import styles from "./compliance.module.css";

/** Worst first; each has a shape, a colour and its word. */
const STATES: ControlState[] = ["fail", "unknown", "accepted", "pass", "out of scope", "not covered"];
const MEANING: Record<ControlState, string> = {
  fail: "A check that looks at the control found a fault",
  unknown: "Something could not be told, or not be read",
  accepted: "Every fault is accepted by somebody, until a day",
  pass: "Every check that looks at it ran, read everything and found nothing. It is no certificate",
  "out of scope": "This source never holds what its checks look at",
  "not covered": "No check looks at it: somebody else must",
};
const MARKS: Record<ControlState, string> = {
  fail: "M2 2l6 6M8 2l-6 6",
  unknown: "M3.2 3.3a1.9 1.9 0 1 1 2.9 1.7c-.8.5-1.1.9-1.1 1.7M5 8.6v.1",
  accepted: "M1.5 6c1.2-2.4 2.6-2.4 3.5-1s2.3 1.4 3.5-1",
  pass: "M1.5 5.3l2.5 2.5 4.5-5.3",
  "out of scope": "M2 5h6",
  "not covered": "M5 4.9v.2",
};
const FORMS = ["html", "csv", "json"] as const;
const BY = ["control", "namespace", "team"] as const;

function StateMark({ state, word = state }: { state: ControlState; word?: string }) {
  return (
    <span className={styles.mark} data-state={state}>
      <svg width="10" height="10" viewBox="0 0 10 10" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden>
        <path d={MARKS[state]} strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      {word}
    </span>
  );
}

/** How do we stand by this framework, and what is not looked at at all? */
export function Compliance() {
  const { params, window } = useConsole();
  const answer = useRead<Frameworks>("/compliance", params, { live: window.live });
  return (
    <Answered
      answer={answer}
      what="Compliance"
      skeleton={
        <div className={styles.list}>
          <SkeletonLines lines={10} />
        </div>
      }
      unavailable={
        <Empty icon="audit" title="Reports by framework are not on this server yet" command={REPORT}>
          The same report comes from the command line.
        </Empty>
      }
    >
      {(data) =>
        data.scanned ? (
          <Chosen frameworks={data.frameworks} />
        ) : (
          <Empty icon="audit" title="Nothing was scanned yet" command={WATCH}>
            At this moment no scan of a cluster is known, so nothing passes and nothing fails.
          </Empty>
        )
      }
    </Answered>
  );
}

function Chosen({ frameworks }: { frameworks: Frameworks["frameworks"] }) {
  const { search, params, window, set } = useConsole();
  const chosen = frameworks.find((one) => one.id === search.framework) ?? frameworks.at(-1);
  const by = BY.find((one) => one === search.group) ?? "control";
  const answer = useRead<Framework>(chosen ? `/compliance/${chosen.id}` : null, params, { live: window.live });
  if (!chosen) return null;
  const shown = search.state?.split(",") ?? [];
  const toggle = (state: ControlState) => {
    const next = shown.includes(state) ? shown.filter((one) => one !== state) : [...shown, state];
    set({ state: next.join(",") || undefined }, true);
  };
  return (
    <>
      <div className={styles.tools} role="toolbar" aria-label="Which framework, and what of it">
        <select
          className={styles.select}
          aria-label="Framework"
          value={chosen.id}
          onChange={(event) => set({ framework: event.target.value, state: undefined })}
        >
          {frameworks.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name} {one.version}
            </option>
          ))}
        </select>
        <select
          className={styles.select}
          aria-label="By"
          value={by}
          onChange={(event) => set({ group: event.target.value === "control" ? undefined : event.target.value })}
        >
          {BY.map((one) => (
            <option key={one} value={one}>
              by {one}
            </option>
          ))}
        </select>
        {by === "control" &&
          STATES.filter((state) => chosen.states[state]).map((state) => (
            <button
              key={state}
              type="button"
              className={styles.chip}
              aria-pressed={shown.includes(state)}
              title={MEANING[state]}
              onClick={() => toggle(state)}
            >
              <StateMark state={state} /> <b>{count(chosen.states[state] ?? 0)}</b>
            </button>
          ))}
        <span className={styles.files}>
          {FORMS.map((form) => (
            <a
              key={form}
              className={styles.chip}
              href={address(`/compliance/${chosen.id}/file`, { ...params, form })}
              download
              title={`The whole report as ${form.toUpperCase()}`}
            >
              {form.toUpperCase()}
            </a>
          ))}
        </span>
      </div>
      <Answered
        answer={answer}
        what={chosen.name}
        skeleton={
          <div className={styles.list}>
            <SkeletonLines lines={10} />
          </div>
        }
      >
        {(data) => (
          <>
            {data.partial.length > 0 && (
              <div className={styles.partial}>
                <Partial>
                  {data.partial.slice(0, 2).join("; ")}
                  {data.partial.length > 2 && `; and ${data.partial.length - 2} more`}
                </Partial>
              </div>
            )}
            <div className={styles.list}>
              {by === "control" ? (
                <Controls framework={data} shown={shown} />
              ) : (
                <Units units={by === "team" ? data.teams : data.namespaces} by={by} />
              )}
            </div>
          </>
        )}
      </Answered>
    </>
  );
}

function Controls({ framework, shown }: { framework: Framework; shown: string[] }) {
  const [opened, setOpened] = useState<string[]>([]);
  const rows = framework.controls
    .filter((one) => shown.length === 0 || shown.includes(one.state))
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
  return (
    <>
      <div className={styles.head} aria-hidden>
        <span>State</span>
        <span>Control</span>
        <span className={styles.number}>Objects</span>
        <span className={styles.wide}>Found by</span>
        <span />
      </div>
      {rows.map((one) => (
        <ControlRow
          key={`${framework.framework}/${one.id}`}
          framework={framework.framework}
          control={one}
          opened={opened.includes(one.id)}
          onToggle={() =>
            setOpened((old) => (old.includes(one.id) ? old.filter((id) => id !== one.id) : [...old, one.id]))
          }
        />
      ))}
    </>
  );
}

function ControlRow(props: { framework: string; control: Control; opened: boolean; onToggle: () => void }) {
  const { control, opened } = props;
  return (
    <>
      <button type="button" className={styles.row} aria-expanded={opened} onClick={props.onToggle}>
        <StateMark state={control.state} />
        <span className={styles.title}>
          <code>{control.id}</code> {control.title}
        </span>
        <span className={styles.number}>{control.objects > 0 ? count(control.objects) : ""}</span>
        <span className={`${styles.wide} ${styles.rules}`}>
          {control.failing.length > 0 ? (
            <code>{control.failing.join(", ")}</code>
          ) : control.checks.length > 0 ? (
            plural(control.checks.length, "check")
          ) : (
            ""
          )}
        </span>
        <span className={styles.chevron}>
          <Icon name="right" size={13} />
        </span>
      </button>
      {opened && (
        <div className={styles.inner}>
          <p className={styles.note}>
            {MEANING[control.state]}.{control.why.length > 0 && ` ${control.why.join("; ")}.`}
            {control.accepted > 0 && ` ${plural(control.accepted, "finding")} accepted.`}
          </p>
          {control.checks.length > 0 && (
            <p className={styles.note}>
              Looked at by <code>{control.checks.join(", ")}</code>
            </p>
          )}
          {control.fail + control.unknown > 0 && <Behind framework={props.framework} control={control.id} />}
        </div>
      )}
    </>
  );
}

/** The findings behind a control; each opens in the drawer. */
function Behind({ framework, control }: { framework: string; control: string }) {
  const { params, selection, select } = useConsole();
  const answer = useRead<Findings>("/findings", { ...params, group: "none", framework, control, limit: "200" });
  const selected = selection?.what === "finding" ? selection.id : null;
  return (
    <Answered answer={answer} what="Findings" skeleton={<SkeletonLines lines={3} />}>
      {(data) => (
        <>
          {data.findings.map((one) => (
            <button
              key={one.id}
              type="button"
              className={styles.finding}
              data-selected={one.id === selected}
              onClick={() => select({ what: "finding", id: one.id })}
            >
              {one.status === "unknown" ? (
                <VerdictMark verdict="unknown" word="" />
              ) : (
                <SeverityShape severity={one.severity} />
              )}
              <EntityName
                entity={{ kind: one.object.kind, namespace: one.object.namespace, name: one.object.name }}
                plain
              />
              <span className={styles.wide}>{one.title}</span>
            </button>
          ))}
          {data.next && <p className={styles.note}>There are more: Posture, Findings lists them by cause.</p>}
        </>
      )}
    </Answered>
  );
}

function Units({ units, by }: { units: ComplianceUnit[]; by: string }) {
  const { set } = useConsole();
  if (units.length === 0)
    return (
      <Empty icon="audit" title={`No ${by} is known`}>
        {by === "team"
          ? "Teams come from the label team, owner or app.kubernetes.io/part-of of objects and namespaces."
          : "Namespaces come from the newest snapshot of each cluster."}
      </Empty>
    );
  const number = (state: ControlState) => ({
    id: state,
    head: state,
    right: true,
    value: (one: ComplianceUnit) => one.states[state] ?? 0,
    cell: (one: ComplianceUnit) => (one.states[state] ? count(one.states[state] ?? 0) : ""),
  });
  return (
    <DataTable
      label={`By ${by}`}
      rows={units}
      rowId={(one) => one.name}
      sort={{ id: "fail", desc: true }}
      wrap
      onOpen={(one) =>
        set(by === "team" ? { view: undefined, group: undefined, team: one.name } : { namespace: [one.name] })
      }
      columns={[
        { id: "name", head: by, value: (one) => one.name, cell: (one) => one.name || <i>nobody's</i> },
        number("fail"),
        number("unknown"),
        number("accepted"),
        number("pass"),
        {
          id: "findings",
          head: "Findings",
          right: true,
          value: (one) => one.fail,
          cell: (one) => count(one.fail),
        },
        { id: "failing", head: "Failing controls", cell: (one) => <code>{one.failing.join(" ")}</code> },
      ]}
    />
  );
}
