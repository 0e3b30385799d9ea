import { Button, Popover, TextInput } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useRead } from "~/api/queries";
import type { Histogram } from "~/api/types";
import { lastSpan, millis, rfc3339, SPANS, typedMoment } from "~/context/time";
import { useConsole, useNow } from "~/context/useConsole";
import { windowWords } from "~/format/time";
import { Icon } from "~/marks/Icon";
import { Skeleton } from "~/parts/States";
import { useEventKind } from "./FilterBar";
import styles from "./frame.module.css";

const TimeChart = lazy(() => import("~/parts/TimeChart"));

/** Which stretch of time: live, the last N, or from-to; typed, chosen or brushed. */
export function TimePicker() {
  const { window, set } = useConsole();
  const now = useNow();
  const [opened, setOpened] = useState(false);
  const span = lastSpan(window.from, window.to);
  const words = span
    ? `last ${SPANS.find((one) => one.span === span)?.words ?? span}`
    : windowWords(millis(window.from, now), millis(window.to, now));
  return (
    <div className={styles.controlGroup}>
      <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
        <Popover.Target>
          <button
            type="button"
            className={styles.control}
            aria-label={`Time: ${words}`}
            onClick={() => setOpened((is) => !is)}
          >
            <Icon name="clock" />
            <strong>{words}</strong>
            <Icon name="down" size={12} />
          </button>
        </Popover.Target>
        <Popover.Dropdown>{opened && <Choose close={() => setOpened(false)} />}</Popover.Dropdown>
      </Popover>
      <button
        type="button"
        className={`${styles.control} ${styles.live}`}
        aria-pressed={window.live}
        title={window.live ? "Stop following" : "Follow what happens now"}
        onClick={() =>
          set(
            window.live
              ? { live: undefined }
              : { live: "1", to: undefined, from: window.to === "now" && span ? window.from : "now-15m" },
          )
        }
      >
        <span className={styles.liveDot} />
        Live
      </button>
    </div>
  );
}

function Choose({ close }: { close: () => void }) {
  const { context, params, window, set } = useConsole();
  const kind = useEventKind();
  const [now] = useState(Date.now);
  const [from, setFrom] = useState(() => typed(window.from, now));
  const [to, setTo] = useState(() => typed(window.to, now));
  const span = lastSpan(window.from, window.to);
  const [start, end] = [typedMoment(from, now), typedMoment(to, now)];
  const wrong =
    start === null || end === null
      ? "a time like 14:05, 2026-03-01 14:05 or now-2h"
      : millis(start, now) >= millis(end, now)
        ? "from must lie before to"
        : null;
  const day = useRead<Histogram>(
    `/events/${kind}/histogram`,
    { ...params, from: "now-24h", to: "now", buckets: "96" },
    { keep: false },
  );
  const go = (first: string, last: string) => {
    set({ from: first, to: last === "now" ? undefined : last, live: undefined });
    close();
  };
  return (
    <div className={styles.time}>
      <div className={styles.spans}>
        {SPANS.map((one) => (
          <button
            key={one.span}
            type="button"
            className={styles.span}
            aria-pressed={span === one.span}
            onClick={() => {
              set({ from: `now-${one.span}`, to: undefined, live: context.live });
              close();
            }}
          >
            {one.words}
          </button>
        ))}
      </div>
      <div>
        <span className={styles.label}>Last 24 hours: drag to choose</span>
        <Suspense fallback={<Skeleton height={84} />}>
          {day.data ? (
            <TimeChart
              label="Events of the last 24 hours"
              histogram={day.data}
              height={84}
              onBrush={(first, last) => go(rfc3339(first), rfc3339(last))}
            />
          ) : (
            <Skeleton height={84} />
          )}
        </Suspense>
      </div>
      <form
        className={styles.between}
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) go(start as string, end as string);
        }}
      >
        <TextInput
          label="From"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
          error={wrong !== null}
          data-autofocus
        />
        <TextInput
          label="To"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={wrong !== null}
        />
        <Button type="submit" size="xs" disabled={wrong !== null}>
          Apply
        </Button>
      </form>
      <span className={styles.label}>{wrong ?? `Times in ${Intl.DateTimeFormat().resolvedOptions().timeZone}`}</span>
    </div>
  );
}

/** A moment as it can be typed again: relative ones stay, absolute ones in local time. */
function typed(moment: string, now: number): string {
  if (moment.startsWith("now")) return moment;
  const date = new Date(millis(moment, now));
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace("T", " ");
}
