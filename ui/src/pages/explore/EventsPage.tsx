import { Button, Checkbox, Popover, TextInput } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { followed, MOST_ROWS, TAIL_ROWS, useEventPages, useTail } from "~/api/events";
import { useRead } from "~/api/queries";
import type { EventKind, Histogram, Overview } from "~/api/types";
import { rfc3339 } from "~/context/time";
import { useConsole } from "~/context/useConsole";
import { INGEST } from "~/format/commands";
import { count, exact, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { Simulated, StateMark } from "~/marks/marks";
import { EventGrid } from "~/parts/EventGrid";
import { NAMES } from "~/parts/EventList";
import type { EventColumn } from "~/parts/eventCells";
import { Empty, Failed, Skeleton, SkeletonLines } from "~/parts/States";
import { Ago } from "~/parts/Time";
import { useColumns } from "~/parts/useColumns";
import { useNarrowed, Wider } from "~/parts/Wider";
import { around } from "../overview/around";
import styles from "./explore.module.css";

const TimeChart = lazy(() => import("~/parts/TimeChart"));

/** What exactly happened? Histogram to brush, table to walk, live tail to follow. */
export function EventsPage({ kind, tabs }: { kind: EventKind; tabs: ReactNode }) {
  const { params, search, selection, select, set, window } = useConsole();
  const columns = useColumns(kind);
  const live = window.live;
  const newest = search.order !== "time";
  const { query, loaded, first, full } = useEventPages(kind, params, columns.needs, newest ? undefined : "time", {
    enabled: columns.ready && !live,
  });
  const histogram = useRead<Histogram>(`/events/${kind}/histogram`, { ...params, buckets: "90" }, { live });
  const [stopped, setStopped] = useState(false);
  const [away, setAway] = useState(false);
  const paused = stopped || away;
  const tail = useTail(kind, params, columns.needs, live && columns.ready, paused);

  useEffect(() => {
    if (!live) setStopped(false);
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== " " || !live || (event.target as HTMLElement).matches("input, textarea, button, select, a"))
        return;
      event.preventDefault();
      setStopped((is) => !is);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [live]);

  const open = useCallback(
    (id: string, moving: boolean) =>
      moving ? set({ sel: `event:${kind}/${id}` }, true) : select({ what: "event", kind, id }),
    [set, select, kind],
  );
  const more = useCallback(() => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  }, [query.hasNextPage, query.isFetchingNextPage, query.fetchNextPage]);
  const onTop = useCallback((atTop: boolean) => setAway(!atTop), []);
  const move = useCallback(
    (id: string, before: string) => {
      const rest = columns.shown.filter((one) => one !== id);
      rest.splice(rest.indexOf(before), 0, id);
      columns.change({ shown: rest });
    },
    [columns.shown, columns.change],
  );
  const recent = useEventPages(kind, params, columns.needs, undefined, { enabled: columns.ready && live, limit: 200 });
  const rows = useMemo(
    () => (live ? followed(tail.rows, recent.loaded) : loaded),
    [live, tail.rows, recent.loaded, loaded],
  );
  const error = columns.answer.error ?? (live ? null : query.error);
  const total = live ? null : (first?.total ?? null);

  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Explore {NAMES[kind]}</h1>
      <div className={styles.tools}>
        {tabs}
        <div className={styles.right}>
          {live ? (
            <>
              <StateMark
                tone={
                  tail.state === "live" ? (paused ? "medium" : "good") : tail.state === "broken" ? "denied" : "unknown"
                }
              >
                {tail.state === "broken"
                  ? "connection lost, trying again"
                  : tail.state === "connecting"
                    ? "connecting"
                    : paused
                      ? "paused"
                      : "live"}
              </StateMark>
              <span className={styles.count} role="status" title={exact(tail.received)}>
                {count(tail.received)} received{tail.skipped > 0 ? `, ${count(tail.skipped)} skipped` : ""}
              </span>
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<Icon name={stopped ? "play" : "pause"} size={12} />}
                onClick={() => setStopped((is) => !is)}
                title="Space"
              >
                {stopped ? "Resume" : "Pause"}
              </Button>
            </>
          ) : (
            <span className={styles.count} role="status" title={total === null ? undefined : exact(total)}>
              {total === null
                ? first
                  ? `${exact(loaded.rows.length)}${first.next ? "+" : ""} rows`
                  : ""
                : plural(total, "event")}
            </span>
          )}
          {first?.simulated && !live && <Simulated />}
          <ColumnChoice
            columns={columns.columns}
            shown={columns.shown}
            initial={columns.initial}
            onChange={(shown) => columns.change({ shown })}
            onReset={() => columns.change({ shown: columns.initial, widths: {} })}
          />
        </div>
      </div>
      <div className={styles.histogram} hidden={error !== null && rows.rows.length === 0}>
        {histogram.data ? (
          <Suspense fallback={<Skeleton height={98} />}>
            <TimeChart
              histogram={histogram.data}
              height={74}
              label={`${NAMES[kind]} over time`}
              legend
              onBrush={(from, to) => set({ from: rfc3339(from), to: rfc3339(to), live: undefined })}
            />
          </Suspense>
        ) : (
          <div style={{ height: 98 }}>
            {!histogram.error && <Skeleton height={74} style={{ margin: "8px 10px" }} />}
          </div>
        )}
      </div>
      {live && paused && tail.waiting > 0 && (
        <div className={styles.banner}>
          <span>
            <b>{exact(tail.waiting)}</b> newer {tail.waiting === 1 ? "row waits" : "rows wait"}
            {tail.waiting > TAIL_ROWS ? `; the newest ${exact(TAIL_ROWS)} will show` : ""}
          </span>
          {stopped ? (
            <Button variant="default" size="compact-xs" onClick={() => setStopped(false)}>
              Resume
            </Button>
          ) : (
            <span>scroll to the top to see them</span>
          )}
        </div>
      )}
      {full && (
        <div className={styles.banner}>
          <span>
            The first <b>{exact(MOST_ROWS)}</b> rows are loaded. A narrower filter or window shows the others.
          </span>
        </div>
      )}
      {error && rows.rows.length === 0 ? (
        <Failed error={error} what="Events" retry={() => void query.refetch()} />
      ) : !columns.ready || (!live && query.isPending) ? (
        <SkeletonLines lines={12} />
      ) : rows.rows.length === 0 ? (
        live ? (
          <Empty
            icon={kind}
            title={tail.state === "broken" ? "The live connection was lost" : "Waiting for the next event"}
          >
            {tail.state === "broken"
              ? "It is tried again every few seconds. Turn Live off to read what is stored."
              : "What happens now shows here as it is stored. Nothing that matches has come yet."}
          </Empty>
        ) : (
          <NoEvents kind={kind} />
        )
      ) : (
        <EventGrid
          label={`${NAMES[kind]}, ${newest ? "newest" : "oldest"} first`}
          columns={columns.columns}
          shown={columns.shown}
          widths={columns.widths}
          onWidths={(widths) => columns.change({ widths })}
          onMove={move}
          fields={columns.fields}
          rows={rows}
          total={total}
          selected={selection?.what === "event" && selection.kind === kind ? selection.id : null}
          onOpen={open}
          {...(live
            ? { onTop }
            : { onEnd: more, order: { newest, toggle: () => set({ order: newest ? "time" : undefined }, true) } })}
        />
      )}
    </div>
  );
}

function NoEvents({ kind }: { kind: EventKind }) {
  const { params, set } = useConsole();
  const overview = useRead<Overview>("/overview", params);
  const narrowed = useNarrowed();
  const newest = overview.data?.newest;
  return (
    <Empty
      icon={kind}
      title={`No ${NAMES[kind]} here`}
      command={narrowed ? undefined : INGEST[kind]}
      actions={
        <Wider>
          {newest && (
            <Button variant="default" onClick={() => set(around(newest))}>
              Go to the newest events
            </Button>
          )}
        </Wider>
      }
    >
      {narrowed ? "Nothing stored matches the filter in this window." : "No source delivered any in this window."}{" "}
      {newest && (
        <>
          The newest event of any kind is from <Ago at={newest} />.
        </>
      )}
    </Empty>
  );
}

function ColumnChoice(props: {
  columns: EventColumn[];
  shown: string[];
  initial: string[];
  onChange: (shown: string[]) => void;
  onReset: () => void;
}) {
  const { columns, shown, onChange } = props;
  const [wanted, setWanted] = useState("");
  const matches = (column: EventColumn) =>
    !wanted || column.id.includes(wanted.toLowerCase()) || column.head.toLowerCase().includes(wanted.toLowerCase());
  const inUse = shown
    .map((id) => columns.find((one) => one.id === id))
    .filter((one): one is EventColumn => one !== undefined);
  const others = columns.filter((one) => !shown.includes(one.id));
  const shift = (at: number, by: number) => {
    const next = [...shown];
    const [moved] = next.splice(at, 1);
    next.splice(at + by, 0, moved!);
    onChange(next);
  };
  const item = (column: EventColumn, at: number) => (
    <li key={column.id} className={styles.columnItem}>
      <Checkbox
        size="xs"
        checked={at >= 0}
        disabled={at >= 0 && shown.length === 1}
        onChange={() => onChange(at >= 0 ? shown.filter((one) => one !== column.id) : [...shown, column.id])}
        label={
          <span title={column.meaning.replace(/`/g, "")}>
            {column.head === column.id ? <code>{column.id}</code> : column.head}{" "}
            <small>{column.meaning.replace(/`/g, "")}</small>
          </span>
        }
      />
      {at >= 0 && (
        <span className={styles.columnMoves}>
          <button
            type="button"
            aria-label={`Move ${column.head} left`}
            disabled={at === 0}
            onClick={() => shift(at, -1)}
          >
            <Icon name="up" size={13} />
          </button>
          <button
            type="button"
            aria-label={`Move ${column.head} right`}
            disabled={at === shown.length - 1}
            onClick={() => shift(at, 1)}
          >
            <Icon name="down" size={13} />
          </button>
        </span>
      )}
    </li>
  );
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" size="compact-sm" leftSection={<Icon name="columns" size={13} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.columns}>
          <div style={{ display: "flex", gap: 8 }}>
            <TextInput
              style={{ flex: 1 }}
              placeholder="Find a column"
              aria-label="Find a column"
              value={wanted}
              onChange={(event) => setWanted(event.currentTarget.value)}
              data-autofocus
            />
            <Button variant="default" onClick={props.onReset}>
              Reset
            </Button>
          </div>
          <ul className={styles.columnsList}>
            {inUse.map((column, at) => matches(column) && item(column, at))}
            {others.filter(matches).map((column) => item(column, -1))}
          </ul>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
