import type { ReactNode } from "react";
import type { RecordedFlow } from "~/api/types";
import { count } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { Ago } from "~/parts/Time";
import styles from "./traffic.module.css";

/** What is to be known before any number. */
export function First({ sentences }: { sentences: string[] }) {
  if (sentences.length === 0) return null;
  return (
    <ul className={styles.first} aria-label="First">
      {sentences.map((sentence) => (
        <li key={sentence}>
          <Icon name="incidents" size={14} />
          {sentence}
        </li>
      ))}
    </ul>
  );
}

export function Fact({ value, tone, children }: { value: string; tone?: "good" | "bad"; children: ReactNode }) {
  return (
    <div className={styles.fact} data-tone={tone}>
      <b>{value}</b>
      <span>{children}</span>
    </div>
  );
}

/** Recorded flows, one a row. */
export function Flows({ title, flows, total }: { title: string; flows: RecordedFlow[]; total: number }) {
  if (total === 0) return null;
  return (
    <section className={styles.flows}>
      <h2>
        {title} <small>{count(total)}</small>
      </h2>
      <div className={styles.scroll} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Traffic</th>
              <th scope="col">Events</th>
              <th scope="col">Last seen</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {flows.map((flow) => (
              <tr key={`${flow.source} ${flow.destination} ${flow.traffic}`}>
                <td>{flow.source}</td>
                <td>{flow.destination}</td>
                <td>{flow.traffic}</td>
                <td className={styles.number}>{count(flow.events)}</td>
                <td>
                  <Ago at={flow.lastSeen} />
                </td>
                <td>{flow.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {flows.length < total && <p>{count(total - flows.length)} more are not shown.</p>}
    </section>
  );
}
