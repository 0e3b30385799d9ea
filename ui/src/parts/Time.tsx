import { useNow } from "~/context/useConsole";
import { absolute, moment, relative } from "~/format/time";
import styles from "./parts.module.css";

/** `3 min ago`, with the absolute time on hover. */
export function Ago({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return <span className={styles.muted}>never</span>;
  const time = Date.parse(at);
  if (Number.isNaN(time)) return <span>{at}</span>;
  return (
    <time dateTime={at} title={absolute(time)}>
      {relative(time, now)}
    </time>
  );
}

/** The clock time, with day if it is another, and the full time on hover. */
export function Clock({ at, millis = false }: { at: string; millis?: boolean }) {
  const now = useNow();
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={absolute(time)}>
      {moment(time, now, millis)}
    </time>
  );
}
