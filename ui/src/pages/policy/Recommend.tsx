import { Button } from "@mantine/core";
import { useState } from "react";
import { useRead } from "~/api/queries";
import type { Recommendation, RecommendedUnit } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { TRY_RECOMMEND } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { CopyButton } from "~/parts/Copy";
import { Answered, Empty, SkeletonLines } from "~/parts/States";
import { keepDraft } from "./draft";
import { Fact, First, Flows } from "./evidence";
import styles from "./traffic.module.css";

const DIALECTS: [string, string][] = [
  ["kubernetes", "NetworkPolicy"],
  ["cluster", "ClusterNetworkPolicy"],
  ["calico", "Calico"],
  ["cilium", "Cilium"],
];

/** Which policies does the recorded traffic need, and what do they do? */
export function Recommend() {
  const { params, search, set } = useConsole();
  const dialect = search.protocol ?? "kubernetes";
  const by = search.group ?? "workload";
  const answer = useRead<Recommendation>("/policy/recommend", { ...params, as: dialect, by });
  return (
    <>
      <div className={styles.choices}>
        <label>
          <span>Written as</span>
          <select value={dialect} onChange={(event) => set({ protocol: event.currentTarget.value }, true)}>
            {DIALECTS.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>One for each</span>
          <select value={by} onChange={(event) => set({ group: event.currentTarget.value }, true)}>
            <option value="workload">workload</option>
            <option value="namespace">namespace</option>
          </select>
        </label>
      </div>
      <Answered
        answer={answer}
        what="The recommendation"
        skeleton={<SkeletonLines lines={12} />}
        unavailable={
          <Empty icon="policy" title="There is no cluster to write policies for" command={TRY_RECOMMEND}>
            Policies are written for the workloads of a cluster, from the traffic that was recorded in the chosen time.
          </Empty>
        }
      >
        {(found) => <Recommended key={`${dialect} ${by}`} found={found} />}
      </Answered>
    </>
  );
}

function Recommended({ found }: { found: Recommendation }) {
  const { set } = useConsole();
  const [chosen, choose] = useState(0);
  const unit = found.units[chosen] ?? found.units[0];
  const { proof, coverage } = found;
  const all = found.units.map((one) => one.yaml).join("---\n");
  const preview = (text: string) => {
    keepDraft(text);
    set({ view: "preview" });
  };
  return (
    <>
      <First sentences={found.first} />
      <div className={styles.facts}>
        <Fact
          value={`${count(proof.kept)} of ${count(proof.observed)}`}
          tone={proof.kept === proof.observed ? "good" : "bad"}
        >
          observed flows stay allowed
        </Fact>
        <Fact value={proof.idle.length ? count(proof.idle.length) : "None"} tone={proof.idle.length ? "bad" : "good"}>
          of {count(proof.parts)} rules, peers and ports is needless
          {proof.always > 0 && `; ${count(proof.always)} keep DNS open`}
        </Fact>
        <Fact value={count(proof.surplusPairs)}>
          {plural(proof.surplusPairs, "pair").replace(/^\S+ /, "")} of workloads and port allowed, never seen
        </Fact>
        <Fact
          value={`${count(coverage.hours)} of ${count(coverage.windowHours)} h`}
          tone={2 * coverage.hours < coverage.windowHours ? "bad" : undefined}
        >
          recorded; {count(coverage.unseen.length)} of {plural(coverage.workloads, "workload")} unseen
          {coverage.neverRan.length > 0 && `; CronJobs that never ran: ${coverage.neverRan.join(", ")}`}
        </Fact>
      </div>
      <div className={styles.split}>
        <ul className={styles.list} aria-label="Policies">
          {found.units.map((one, at) => (
            <li key={`${one.namespace}/${one.name}`}>
              <button type="button" aria-pressed={one === unit} onClick={() => choose(at)}>
                <span>
                  {one.namespace}/{one.name}
                </span>
                <small>
                  {one.seen ? plural(one.flows, "flow") : "nothing seen"}
                  {one.notKept > 0 && <b>, {count(one.notKept)} not kept</b>}
                </small>
              </button>
            </li>
          ))}
          {found.unnamed.map((one) => (
            <li key={one.workload} className={styles.none}>
              <span>{one.workload}</span>
              <small>no policy: {one.why}</small>
            </li>
          ))}
        </ul>
        {unit && <Policy unit={unit} onPreview={() => preview(unit.yaml)} />}
      </div>
      <div className={styles.actions}>
        <CopyButton text={all} size="compact-sm">
          Copy all
        </CopyButton>
        <Button variant="default" size="compact-sm" onClick={() => download(all)}>
          Download all
        </Button>
        <Button size="compact-sm" onClick={() => preview(all)}>
          Preview all
        </Button>
      </div>
      <Flows title="Not kept, and why" flows={proof.notKept} total={proof.observed - proof.kept} />
      {proof.surplus.length > 0 && (
        <details className={styles.more}>
          <summary>Allowed and never seen ({count(proof.surplusPairs)})</summary>
          <ul>
            {proof.surplus.map((one) => (
              <li key={`${one.source} ${one.destination}`}>
                {one.source} → {one.destination} <code>{one.traffic.join(", ")}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
      {found.losses.length + found.assumed.length > 0 && (
        <details className={styles.more} open>
          <summary>What this dialect cannot say, and what was assumed</summary>
          <ul>
            {[...found.losses, ...found.assumed].map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function download(text: string) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "recommended.yaml";
  link.click();
  URL.revokeObjectURL(address);
}

function Policy({ unit, onPreview }: { unit: RecommendedUnit; onPreview: () => void }) {
  return (
    <section className={styles.policy} aria-label={`${unit.namespace}/${unit.name}`}>
      <div className={styles.head}>
        <h2>{unit.workloads.join(", ")}</h2>
        <CopyButton text={unit.yaml}>Copy</CopyButton>
        <Button variant="default" size="compact-xs" onClick={onPreview}>
          Preview
        </Button>
      </div>
      <dl className={styles.labels}>
        {unit.labels.map((label) => (
          <div key={label.key}>
            <dt>
              <Icon name="check" size={12} />
              <code>
                {label.key}={label.value}
              </code>
            </dt>
            <dd>{label.why}</dd>
          </div>
        ))}
        {unit.labels.length === 0 && (
          <div>
            <dt>
              <Icon name="check" size={12} />
              every pod
            </dt>
            <dd>of the namespace, as it was asked for</dd>
          </div>
        )}
        {unit.passed.map((label) => (
          <div key={label.key} data-passed>
            <dt>
              <Icon name="minus" size={12} />
              <code>{label.key}</code>
            </dt>
            <dd>{label.why}</dd>
          </div>
        ))}
      </dl>
      <pre className={styles.yaml} tabIndex={0} aria-label="The policy as YAML">
        {unit.yaml}
      </pre>
    </section>
  );
}
