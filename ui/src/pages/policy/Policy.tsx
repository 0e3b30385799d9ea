import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useMemo, useState } from "react";
import { type ProblemError, post } from "~/api/client";
import { useRead } from "~/api/queries";
import type { Board as BoardData, BoardPolicy, Explanation, ReachMatrix } from "~/api/types";
import { entityOf } from "~/context/entity";
import type { Search } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { explainConnection, LINT_POLICY, REACH, RECOMMEND } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { EntityName, Simulated, VerdictMark, verdictOf } from "~/marks/marks";
import { CopyButton } from "~/parts/Copy";
import { Diff } from "~/parts/Diff";
import { Answered, Empty, Failed, Partial, SkeletonLines } from "~/parts/States";
import { panelProps, Tabs } from "~/parts/Tabs";
import { Ago } from "~/parts/Time";
import { Preview } from "./Preview";
import styles from "./policy.module.css";
import { Recommend } from "./Recommend";

const VIEWS = [
  { id: "board", name: "Board" },
  { id: "reach", name: "Reach" },
  { id: "explain", name: "Explain" },
  { id: "recommend", name: "Recommend" },
  { id: "preview", name: "Preview" },
];

const BODIES: Record<string, () => ReactNode> = {
  board: Board,
  reach: Reach,
  explain: Explain,
  recommend: Recommend,
  preview: Preview,
};

/** What decides, what is unused, what would my change do? */
export default function Policy() {
  const { search, set } = useConsole();
  const view = VIEWS.find((one) => one.id === search.view)?.id ?? "board";
  const Body = BODIES[view] ?? Board;
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Policy</h1>
      <div className={styles.tools}>
        <Tabs
          id="policy"
          label="Policy"
          items={VIEWS}
          active={view}
          onChange={(next) => set({ view: next === "board" ? undefined : next })}
        />
        <span className={styles.aside}>
          {view === "board" && "decided from top to bottom; the first tier that decides wins"}
          {view === "reach" && "what the policies allow, whether or not it was seen"}
          {view === "explain" && "which rule decides one connection"}
          {view === "recommend" && "what the recorded traffic needs, and the proof"}
          {view === "preview" && "what a change would cut and open; nothing is applied"}
        </span>
      </div>
      <div className={styles.body} {...panelProps("policy", view)}>
        <Body />
      </div>
    </div>
  );
}

function Missing({ command, what }: { command: string; what: string }) {
  return (
    <Empty icon="policy" title={`${what} is not on this server yet`} command={command}>
      The command line answers it from the live cluster, a snapshot or a folder of manifests.
    </Empty>
  );
}

const DEFAULTS: Record<string, string> = {
  pass: "else the next tier",
  deny: "else denied",
  allow: "else allowed",
  isolate: "what a policy selects and no rule allows is denied",
};

function Board() {
  const { params, window } = useConsole();
  const answer = useRead<BoardData>("/policy/board", params, { live: window.live });
  return (
    <Answered
      answer={answer}
      what="The board"
      skeleton={<SkeletonLines lines={12} />}
      unavailable={<Missing what="The policy board" command={LINT_POLICY} />}
    >
      {(board) => {
        const policies = board.tiers.flatMap((tier) => tier.policies);
        if (policies.length === 0)
          return (
            <Empty icon="policy" title="There is no policy" command={RECOMMEND}>
              Everything may talk to everything. Recommended policies come from recorded traffic, with a preview of what
              they would cut.
            </Empty>
          );
        const most = Math.max(1, ...policies.map((policy) => policy.hits ?? 0));
        return (
          <>
            {board.truncated && (
              <div className={styles.note}>
                <Partial>
                  {count(board.truncated.shown)} of {plural(board.truncated.total, "policy", "policies")} are shown;
                  choose a namespace to see its own.
                </Partial>
              </div>
            )}
            {board.unknown.length > 0 && (
              <div className={styles.note}>
                <Partial>{board.unknown.join("; ")}</Partial>
              </div>
            )}
            <div className={styles.tiers}>
              {policies.some((policy) => policy.simulated && policy.hits) && (
                <div>
                  <Simulated what="hits counted on simulated flows" />
                </div>
              )}
              {board.tiers.map((tier) => (
                <section key={tier.id} className={styles.tier}>
                  <div className={styles.tierHead}>
                    <h2>{tier.name}</h2>
                    {tier.owner && <span title="who may change its policies, by RBAC">edited by {tier.owner}</span>}
                    <span>
                      {tier.dialect}
                      {tier.order !== null && `, order ${tier.order}`}
                    </span>
                    <span>{DEFAULTS[tier.default] ?? tier.default}</span>
                  </div>
                  <div className={styles.policies}>
                    {tier.policies.map((policy) => (
                      <PolicyRow key={policy.id} policy={policy} most={most} counted={board.hitsWindow !== null} />
                    ))}
                    {tier.policies.length === 0 && (
                      <p style={{ padding: "10px 14px", color: "var(--text-3)" }}>empty</p>
                    )}
                  </div>
                </section>
              ))}
            </div>
          </>
        );
      }}
    </Answered>
  );
}

function PolicyRow({ policy, most, counted }: { policy: BoardPolicy; most: number; counted: boolean }) {
  const { open } = useConsole();
  const [shown, show] = useState(false);
  const invalid = policy.state === "invalid" || policy.state === "not-enforced";
  const problems = policy.problems.join("; ");
  const hits = policy.hits ?? null;
  const rules = policy.ruleHits ?? [];
  const idle = rules.filter((rule) => rule.unused).length;
  return (
    <div className={styles.entry} data-staged={policy.staged} data-unused={policy.unused === true}>
      <div className={styles.policy}>
        <button
          type="button"
          className={styles.name}
          onClick={() => open({ kind: "policy", namespace: policy.namespace, name: policy.name })}
        >
          <EntityName entity={{ kind: "policy", namespace: policy.namespace, name: policy.name }} plain />{" "}
          {policy.staged && <small>staged</small>}
        </button>
        <small>{policy.selects === null ? "selects ?" : `${plural(policy.selects, "pod")}`}</small>
        {rules.length > 0 ? (
          <button type="button" className={styles.toggle} aria-expanded={shown} onClick={() => show(!shown)}>
            <Icon name={shown ? "down" : "right"} size={10} />
            {policy.allows > 0 && `${policy.allows} allow `}
            {policy.denies > 0 && `${policy.denies} deny`}
            {policy.allows + policy.denies === 0 && "denies the rest"}
            {idle > 0 && idle < rules.length && <em>{idle} idle</em>}
          </button>
        ) : (
          <small>
            {policy.allows > 0 && `${policy.allows} allow`} {policy.denies > 0 && `${policy.denies} deny`}
            {policy.allows + policy.denies === 0 && !invalid && !policy.staged && "denies the rest"}
          </small>
        )}
        <span className={styles.hits} title={policy.subject}>
          {!counted ? (
            <small className={styles.subject}>{policy.subject}</small>
          ) : hits === null ? (
            <small>hits unknown</small>
          ) : hits === 0 ? (
            <small>{policy.staged ? "would decide nothing seen" : "no hit in the shown window"}</small>
          ) : (
            <FlowsLink filter={policy.filter}>
              <i style={{ width: `${Math.max(2, (70 * Math.log1p(hits)) / Math.log1p(most))}px` }} />
              <small>
                {policy.staged && "would decide "}
                {count(hits)}, <Ago at={policy.lastHit} />
              </small>
            </FlowsLink>
          )}
        </span>
        <small>
          <span className={styles.problem} title={problems || undefined}>
            {problems}
          </span>
          {!!policy.findings && `${problems && ", "}${plural(policy.findings, "finding")}`}
        </small>
      </div>
      {shown && (
        <ul className={styles.rules} aria-label={`Rules of ${policy.name}`}>
          {rules.map((rule) => (
            <li key={rule.direction + rule.rule} data-unused={rule.unused === true}>
              <small>{rule.direction}</small>
              <code>{rule.rule}</code>
              <small>{rule.action}</small>
              {rule.hits === null ? (
                <small>{counted ? "hits unknown" : ""}</small>
              ) : rule.hits === 0 ? (
                <small>no hit in the shown window</small>
              ) : (
                <FlowsLink filter={rule.filter}>
                  <small>
                    {count(rule.hits)}, <Ago at={rule.lastHit} />
                  </small>
                </FlowsLink>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** To the flows that a filter finds, in the window and context of this page. */
function FlowsLink({ filter, children }: { filter: string | undefined; children: ReactNode }) {
  const search = (previous: Search) => ({
    ...previous,
    q: filter,
    view: undefined,
    sel: undefined,
    tab: undefined,
  });
  return (
    <Link to="/explore/flow" search={search as never} className={styles.flows} title="The flows that it decided">
      {children}
    </Link>
  );
}

function Reach() {
  const { params, search, set } = useConsole();
  const by = search.group ?? (params.namespace ? "workload" : "namespace");
  const { focus, port, protocol = "tcp" } = search;
  const answer = useRead<ReachMatrix>("/policy/reach", {
    ...params,
    group: by,
    focus,
    ...(port ? { port, protocol } : {}),
  });
  const ask = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    set({ port: String(given.get("port")).trim() || undefined, protocol: String(given.get("protocol")) }, true);
  };
  return (
    <>
      <form className={styles.reachTools} onSubmit={ask} key={`${port}${protocol}`}>
        <select
          aria-label="Rows and columns"
          className={styles.select}
          value={focus ? "workload" : by}
          disabled={!!focus}
          onChange={(event) => set({ group: event.target.value }, true)}
        >
          <option value="namespace">by namespace</option>
          <option value="workload">by workload</option>
        </select>
        <select name="protocol" aria-label="Protocol" className={styles.select} defaultValue={protocol}>
          {["tcp", "udp", "sctp"].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <TextInput
          name="port"
          aria-label="Port"
          placeholder="any port"
          inputMode="numeric"
          pattern="[0-9]{1,5}"
          defaultValue={port}
        />
        <Button type="submit" variant="default">
          Show
        </Button>
        {focus && (
          <Button variant="subtle" onClick={() => set({ focus: undefined }, true)}>
            All workloads instead of {focus}
          </Button>
        )}
      </form>
      <Answered
        answer={answer}
        what="Reach"
        skeleton={<SkeletonLines lines={12} />}
        unavailable={<Missing what="The reach matrix" command={REACH} />}
      >
        {(matrix) =>
          matrix.subjects.length === 0 ? (
            <Empty title="Nothing to compare">No namespace with pods matches the context above.</Empty>
          ) : (
            <>
              <div className={styles.legend}>
                <VerdictMark verdict="allowed" /> <VerdictMark verdict="partial" word="some ports or pods" />{" "}
                <VerdictMark verdict="denied" quiet /> <VerdictMark verdict="unknown" />
                {matrix.traffic && <span>{matrix.traffic}</span>}
              </div>
              {matrix.truncated && (
                <div className={styles.note}>
                  <Partial>
                    the first {count(matrix.truncated.shown)} of {count(matrix.truncated.total)}, by name; choose a
                    namespace to see its own
                  </Partial>
                </div>
              )}
              {(matrix.unknown?.length ?? 0) > 0 && (
                <div className={styles.note}>
                  <Partial>{matrix.unknown?.join("; ")}</Partial>
                </div>
              )}
              <Matrix matrix={matrix} />
            </>
          )
        }
      </Answered>
    </>
  );
}

type Subject = ReachMatrix["subjects"][number];

/** What people type for it: `namespace/workload`, or the namespace. */
const endName = (subject: Subject) => (subject.namespace ? `${subject.namespace}/${subject.name}` : subject.name);

function Matrix({ matrix }: { matrix: ReachMatrix }) {
  const { search, set } = useConsole();
  const cells = useMemo(() => new Map(matrix.cells.map((cell) => [`${cell.from}\0${cell.to}`, cell])), [matrix]);
  const several = new Set(matrix.subjects.map((one) => one.namespace)).size > 1;
  const label = (subject: Subject) => (several ? endName(subject) : subject.name);
  const explain = (from: Subject, to: Subject) =>
    set({
      view: "explain",
      explain: `${endName(from)} ${endName(to)} ${search.protocol ?? "tcp"} ${search.port ?? "443"}`,
    });
  const cell = (from: Subject, to: Subject) => {
    const found = cells.get(`${from.id}\0${to.id}`);
    const verdict = found?.verdict ?? "denied";
    return (
      <button
        type="button"
        className={styles.cell}
        data-verdict={verdict}
        title={`${label(from)} → ${label(to)}: ${verdict}${found?.why ? ` (${found.why})` : ""}`}
        aria-label={`${label(from)} to ${label(to)}: ${verdict}`}
        onClick={() => explain(from, to)}
      >
        <span aria-hidden>
          <Glyph verdict={verdict} />
        </span>
      </button>
    );
  };
  const focusOn = (subject: Subject) =>
    subject.namespace ? (
      <button
        type="button"
        className={styles.subjectName}
        title="only what this workload reaches, and what reaches it"
        onClick={() => set({ focus: endName(subject) }, true)}
      >
        {label(subject)}
      </button>
    ) : (
      label(subject)
    );
  const [me, ...others] = matrix.subjects;
  if (matrix.focus && me)
    return others.length === 0 ? (
      <Empty title={`${endName(me)} reaches nothing here, and nothing reaches it`}>
        Policies deny it on the traffic asked about.
      </Empty>
    ) : (
      <table className={styles.matrix}>
        <thead>
          <tr>
            <td />
            <th scope="col">
              <span>reached by {me.name}</span>
            </th>
            <th scope="col">
              <span>reaches {me.name}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {others.map((other) => (
            <tr key={other.id}>
              <th scope="row">{focusOn(other)}</th>
              <td>{cell(me, other)}</td>
              <td>{cell(other, me)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  return (
    <div className={styles.matrixWrap} tabIndex={0}>
      <table className={styles.matrix}>
        <thead>
          <tr>
            <td>from ↓ to →</td>
            {matrix.subjects.map((subject) => (
              <th key={subject.id} scope="col">
                <span>{label(subject)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.subjects.map((from) => (
            <tr key={from.id}>
              <th scope="row">{focusOn(from)}</th>
              {matrix.subjects.map((to) => (
                <td key={to.id}>{cell(from, to)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Glyph({ verdict }: { verdict: string }) {
  return (
    <Icon
      name={
        verdict === "allowed" ? "check" : verdict === "partial" ? "minus" : verdict === "unknown" ? "question" : "cross"
      }
      size={12}
    />
  );
}

interface Asked {
  from: string;
  to: string;
  protocol: string;
  port: string;
}

/** `ns/workload`, an address, or a namespace: what people type for an end. */
function endOf(text: string): Record<string, string> {
  if (/^[\d.:a-f]+(\/\d+)?$/i.test(text) && /[.:]/.test(text)) return { address: text };
  const [namespace, name] = text.split("/");
  return name
    ? { kind: "workload", namespace: namespace!, name }
    : { kind: "namespace", namespace: "", name: namespace! };
}

function Explain() {
  const { search, set, open, params } = useConsole();
  const [from = "", to = "", protocol = "tcp", port = "443"] = (search.explain ?? "").split(" ");
  const run = useMutation<Explanation, ProblemError, Asked>({
    mutationFn: (asked) =>
      post<Explanation>(
        "/policy/explain",
        {
          from: endOf(asked.from),
          to: endOf(asked.to),
          protocol: asked.protocol,
          port: Number(asked.port),
        },
        { cluster: params.cluster },
      ),
    onMutate: (asked) => set({ explain: `${asked.from} ${asked.to} ${asked.protocol} ${asked.port}` }, true),
  });
  // A link, or a cell of the matrix, brings the question along: it is answered at once.
  const { mutate } = run;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, when the page opens
  useEffect(() => {
    if (from && to) mutate({ from, to, protocol, port });
  }, []);
  const ask = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const asked = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [name, String(value).trim()]),
    ) as unknown as Asked;
    if (asked.from && asked.to) run.mutate(asked);
  };
  return (
    <>
      <form className={styles.form} onSubmit={ask} key={search.explain ?? ""}>
        <TextInput
          name="from"
          label="From"
          placeholder="namespace/workload or address"
          defaultValue={from}
          required
          withAsterisk={false}
        />
        <TextInput
          name="to"
          label="To"
          placeholder="namespace/workload or address"
          defaultValue={to}
          required
          withAsterisk={false}
        />
        <label>
          <span className={styles.label}>Protocol</span>
          <select name="protocol" className={styles.select} defaultValue={protocol}>
            {["tcp", "udp", "sctp"].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <TextInput
          name="port"
          label="Port"
          inputMode="numeric"
          pattern="[0-9]{1,5}"
          defaultValue={port}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={run.isPending}>
          Explain
        </Button>
      </form>
      {run.error ? (
        run.error.unavailable ? (
          <Missing
            what="Explaining a connection"
            command={explainConnection(from || "shop/web", to || "shop/db", port)}
          />
        ) : (
          <Failed error={run.error} what="The explanation" />
        )
      ) : run.data ? (
        <section className={styles.result}>
          <div className={styles.verdict}>
            <VerdictMark verdict={run.data.verdict} soft /> {from} → {to} {protocol}/{port}
          </div>
          {run.data.pairs && (
            <p style={{ color: "var(--text-2)" }}>
              {count(run.data.pairs.allowed)} allowed, {count(run.data.pairs.denied)} denied
              {run.data.pairs.unknown > 0 && `, ${count(run.data.pairs.unknown)} unknown`} of{" "}
              {plural(run.data.pairs.judged, "pair")} of kinds of pods. Shown: {run.data.shown}.
            </p>
          )}
          {run.data.unknown.length > 0 && <Partial>{run.data.unknown.join("; ")}</Partial>}
          <ol className={styles.steps}>
            {run.data.steps.map((step) => {
              const policy = entityOf(step.policy.replace(/^[^/]+/, "policy"));
              const decides = step.decides ?? ["allow", "deny", "allowed", "denied"].includes(step.verdict);
              return (
                <li key={`${step.policy}${step.direction}${step.rule}`} className={styles.step} data-decides={decides}>
                  <span>
                    {step.tier}
                    <small>{step.direction}</small>
                  </span>
                  <span>
                    {policy ? <EntityName entity={policy} onOpen={open} /> : step.policy} <code>{step.rule}</code>
                    <small>{step.why}</small>
                  </span>
                  <VerdictMark verdict={verdictOf(step.verdict)} word={step.verdict} />
                </li>
              );
            })}
          </ol>
          {run.data.smallestChange && (
            <div>
              <h2 style={{ marginBottom: 6 }}>The smallest change that would allow it</h2>
              <p style={{ color: "var(--text-2)", marginBottom: 8 }}>{run.data.smallestChange.text}</p>
              {run.data.smallestChange.patch && (
                <>
                  <Diff patch={run.data.smallestChange.patch} />
                  <div style={{ marginTop: 8 }}>
                    <CopyButton text={run.data.smallestChange.patch}>Copy the diff</CopyButton>{" "}
                    {run.data.smallestChange.edits && (
                      <CopyButton text={run.data.smallestChange.edits.map((edit) => edit.command).join("\n")}>
                        Copy as kubectl patch
                      </CopyButton>
                    )}
                  </div>
                </>
              )}
            </div>
          )}
        </section>
      ) : (
        <Empty icon="policy" title="Ask about one connection" command={explainConnection("shop/web", "shop/db", port)}>
          Every tier is walked in order; the rule that decides is named, and for a denial the smallest change that would
          allow it.
        </Empty>
      )}
    </>
  );
}
