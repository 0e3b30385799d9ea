/** Every state of a page: loading, empty, partial, unavailable, failed. A page never shows nothing. */

import { Button } from "@mantine/core";
import { useIsFetching } from "@tanstack/react-query";
import { type CSSProperties, type ReactNode, useEffect, useState } from "react";
import type { ProblemError } from "~/api/client";
import type { Answer } from "~/api/queries";
import { parse, withoutTerm } from "~/context/filter";
import { useConsole } from "~/context/useConsole";
import { DOCTOR, UP } from "~/format/commands";
import { Icon, type IconName } from "~/marks/Icon";
import { Command } from "./Copy";
import styles from "./parts.module.css";

export function Skeleton({
  width = "100%",
  height = 12,
  style,
}: {
  width?: number | string;
  height?: number | string;
  style?: CSSProperties;
}) {
  return <span className={styles.skeleton} style={{ width, height, ...style }} />;
}

const WIDTHS = ["72%", "58%", "83%", "49%", "66%", "77%", "54%"];

/** Lines where a list will be. */
export function SkeletonLines({ lines = 6 }: { lines?: number }) {
  return (
    <div className={styles.lines} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={index} width={WIDTHS[index % WIDTHS.length]} />
      ))}
    </div>
  );
}

/** Why there is nothing, and what would change that. */
export function Empty({
  icon = "question",
  title,
  children,
  command,
  actions,
}: {
  icon?: IconName;
  title: string;
  children?: ReactNode;
  command?: string;
  actions?: ReactNode;
}) {
  return (
    <div className={styles.state}>
      <h3>
        <Icon name={icon} size={18} />
        {title}
      </h3>
      {children && <p>{children}</p>}
      {command && <Command text={command} />}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

/** What went wrong and what to do. A filter that this page cannot answer can be mended on the spot. */
export function Failed({ error, retry, what }: { error: ProblemError; retry?: () => void; what: string }) {
  const { search, set } = useConsole();
  const position = typeof error.problem.where === "number" ? error.problem.where : null;
  const term =
    error.status === 400 && search.q
      ? parse(search.q).terms.findIndex((one) => position !== null && one.start <= position && position <= one.end)
      : -1;
  return (
    <div className={`${styles.state} ${styles.failed}`} role="alert">
      <h3>
        <Icon name="incidents" size={18} />
        {error.status === 400 ? "This page cannot answer that filter" : `${what} could not be read`}
      </h3>
      <p>
        <Words text={error.message} />
      </p>
      {error.status === 0 && <Command text={UP} />}
      {error.status === 403 && <p>Your role does not reach this. Whoever administers Seawall can widen it.</p>}
      {error.status >= 500 && error.status !== 501 && <Command text={DOCTOR} />}
      <div className={styles.actions}>
        {term >= 0 && (
          <Button variant="default" onClick={() => set({ q: withoutTerm(search.q ?? "", term) || undefined })}>
            Remove that term
          </Button>
        )}
        {error.status === 400 && search.q && (
          <Button variant="default" onClick={() => set({ q: undefined })}>
            Clear the filter
          </Button>
        )}
        {retry && (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}

/** Text in which `this` is code. */
export function Words({ text }: { text: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a sentence have no identity
  return text.split("`").map((piece, at) => (at % 2 === 1 ? <code key={at}>{piece}</code> : piece));
}

/** What is missing from an otherwise good answer. */
export function Partial({ children }: { children: ReactNode }) {
  return (
    <div className={styles.partial} role="note">
      <strong>Not everything is known.</strong>
      {children}
    </div>
  );
}

/** Shows an answer in whichever state it is; the children see data only. */
export function Answered<T>({
  answer,
  what,
  skeleton,
  unavailable,
  children,
}: {
  answer: Answer<T>;
  what: string;
  skeleton?: ReactNode;
  unavailable?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (answer.data !== undefined && !(answer.error && answer.isPlaceholderData)) return children(answer.data);
  if (answer.error) {
    if (answer.error.unavailable)
      return (
        unavailable ?? (
          <Empty title={`${what}: not on this server`}>
            <Words text={answer.error.message} />
          </Empty>
        )
      );
    return <Failed error={answer.error} what={what} retry={() => void answer.refetch()} />;
  }
  return skeleton ?? <SkeletonLines />;
}

/** A line under the context bar while something has been asked for longer than a blink. */
export function Progress() {
  const fetching = useIsFetching({ predicate: (query) => query.state.data === undefined || query.isStale() }) > 0;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!fetching) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), 250);
    return () => clearTimeout(timer);
  }, [fetching]);
  return shown ? <span className={styles.progress} role="progressbar" aria-label="Loading" /> : null;
}
