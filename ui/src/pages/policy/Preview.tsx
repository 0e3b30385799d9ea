import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ProblemError, post } from "~/api/client";
import type { PolicyPreview } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { TRY_PREVIEW } from "~/format/commands";
import { count, plural } from "~/format/numbers";
import { Empty, SkeletonLines } from "~/parts/States";
import { keepDraft, keptDraft } from "./draft";
import { Fact, First, Flows } from "./evidence";
import styles from "./traffic.module.css";

/** How long typing rests before the server is asked, in ms. An answer that is no longer wanted is cancelled. */
const REST = 400;

/** What would this change cut, what would it open? */
export function Preview() {
  const { params } = useConsole();
  const [text, setText] = useState(keptDraft);
  const [asked] = useDebouncedValue(text, REST);
  const answer = useQuery<PolicyPreview, ProblemError>({
    queryKey: ["/policy/preview", params, asked],
    queryFn: ({ signal }) =>
      post<PolicyPreview>(
        "/policy/preview",
        { yaml: asked, from: params.from ?? "now-1h", to: params.to ?? "now" },
        { cluster: params.cluster },
        signal,
      ),
    enabled: asked.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const edit = (next: string) => {
    setText(next);
    keepDraft(next);
  };
  return (
    <div className={styles.editing}>
      <section className={styles.editor}>
        <label htmlFor="policy-text">Policies to try: added, or in the place of those of the same name</label>
        <textarea
          id="policy-text"
          spellCheck={false}
          value={text}
          placeholder={"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n…"}
          onChange={(event) => edit(event.currentTarget.value)}
        />
      </section>
      <section className={styles.effect} aria-busy={answer.isFetching || text !== asked} aria-live="polite">
        {asked.trim() === "" ? (
          <Empty icon="policy" title="Paste or write a policy" command={TRY_PREVIEW}>
            While you type, it is compared with the policies in force: what it would cut of the traffic recorded in the
            chosen time, and of all traffic there could be. Nothing is applied.
          </Empty>
        ) : answer.error ? (
          <p className={styles.wrong} role="alert">
            {answer.error.message}
          </p>
        ) : answer.data ? (
          <Effect found={answer.data} />
        ) : (
          <SkeletonLines lines={8} />
        )}
      </section>
    </div>
  );
}

function Effect({ found }: { found: PolicyPreview }) {
  const { recorded, possible } = found;
  return (
    <>
      <First sentences={found.first} />
      <div className={styles.facts}>
        {recorded && (
          <>
            <Fact value={count(recorded.cut)} tone={recorded.cut ? "bad" : "good"}>
              recorded {plural(recorded.cut, "flow").replace(/^\S+ /, "")} newly cut
              {recorded.cutEvents > 0 && ` (${plural(recorded.cutEvents, "event")})`}
            </Fact>
            <Fact value={count(recorded.opened)}>denied before, newly let through</Fact>
            <Fact value={recorded.confidence.level} tone={recorded.confidence.level === "high" ? "good" : undefined}>
              confidence: {recorded.confidence.why}
            </Fact>
          </>
        )}
        <Fact value={count(possible.cut)}>
          {plural(possible.cut, "pair").replace(/^\S+ /, "")} newly denied of all there could be
        </Fact>
        <Fact value={count(possible.opened)}>
          {plural(possible.opened, "pair").replace(/^\S+ /, "")} newly allowed of all there could be
        </Fact>
      </div>
      {recorded && (
        <>
          <Flows title="Newly cut" flows={recorded.cutFlows} total={recorded.cut} />
          <Flows title="Newly open" flows={recorded.openedFlows} total={recorded.opened} />
        </>
      )}
      {possible.changes.length > 0 && (
        <section className={styles.flows}>
          <h2>
            Of all traffic there could be <small>{count(possible.changes.length)}</small>
          </h2>
          <div className={styles.scroll} tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">From</th>
                  <th scope="col">To</th>
                  <th scope="col">Newly allowed</th>
                  <th scope="col">Newly denied</th>
                </tr>
              </thead>
              <tbody>
                {possible.changes.slice(0, 200).map((one) => (
                  <tr key={`${one.source} ${one.destination} ${one.newlyAllowed.join()} ${one.newlyDenied.join()}`}>
                    <td>{one.source}</td>
                    <td>{one.destination}</td>
                    <td>{one.newlyAllowed.join(", ")}</td>
                    <td>{one.newlyDenied.join(", ")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {possible.changes.length > 200 && <p>{count(possible.changes.length - 200)} more are not shown.</p>}
        </section>
      )}
    </>
  );
}
