/** Events: pages of history, and the live tail. Rows stay arrays, as they came; nothing is copied per cell. */

import { type InfiniteData, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Params } from "~/context/search";
import { address, get, type ProblemError } from "./client";
import type { CellValue, EventKind, EventPage } from "./types";

/** More rows than anybody reads; past it a page asks for a narrower filter. */
export const MOST_ROWS = 100_000;
const PAGE_ROWS = 1_000;

/** Rows a live tail keeps: memory stays flat however long it runs. */
export const TAIL_ROWS = 5_000;
/** How often new rows reach the screen. */
const TAIL_PERIOD = 200;

export interface Rows {
  rows: CellValue[][];
  /** Where in a row a stored column stands. */
  index: Map<string, number>;
}

const NONE: Rows = { rows: [], index: new Map() };

const indexOf = (names: string[]) => new Map(names.map((name, at) => [name, at]));

export function useEventPages(
  kind: EventKind,
  params: Params,
  columns: string[],
  order: string | undefined,
  options: { enabled?: boolean; limit?: number; refetch?: number | false } = {},
) {
  const asked = { ...params, columns: columns.join(","), limit: String(options.limit ?? PAGE_ROWS), order };
  const query = useInfiniteQuery<EventPage, ProblemError, InfiniteData<EventPage>, unknown[], string>({
    queryKey: ["events", kind, asked],
    queryFn: ({ pageParam, signal }) =>
      get<EventPage>(`/events/${kind}`, { ...asked, cursor: pageParam || undefined }, signal),
    initialPageParam: "",
    getNextPageParam: (last, pages) =>
      pages.length * (options.limit ?? PAGE_ROWS) >= MOST_ROWS ? undefined : (last.next ?? undefined),
    placeholderData: keepPreviousData,
    enabled: options.enabled ?? true,
    refetchInterval: options.refetch ?? false,
  });
  const pages = query.data?.pages;
  const loaded = useMemo<Rows>(() => {
    if (!pages?.length) return NONE;
    return {
      rows: pages.length === 1 ? pages[0]!.rows : pages.flatMap((page) => page.rows),
      index: indexOf(pages[0]!.columns.map((column) => column.name)),
    };
  }, [pages]);
  return { query, loaded, first: pages?.[0], full: loaded.rows.length >= MOST_ROWS };
}

/** What is followed, then what was stored before: a tail does not begin with an empty screen. Rows that are in both count once. */
export function followed(tail: Rows, stored: Rows): Rows {
  if (stored.rows.length === 0 || tail.rows.length >= TAIL_ROWS) return tail;
  if (tail.index.size === 0) return stored;
  const at = tail.index.get("event_id") ?? 0;
  const seen = new Set(tail.rows.slice(-2 * stored.rows.length).map((row) => row[at]));
  const places = [...tail.index.keys()].map((name) => stored.index.get(name) ?? -1);
  const same = places.every((place, position) => place === position);
  const storedId = stored.index.get("event_id") ?? 0;
  const older = stored.rows.filter((row) => !seen.has(row[storedId]!));
  return {
    index: tail.index,
    rows: [...tail.rows, ...(same ? older : older.map((row) => places.map((place) => row[place] ?? null)))],
  };
}

export interface Tail {
  rows: Rows;
  state: "connecting" | "live" | "broken";
  /** Rows received since it began. */
  received: number;
  /** Rows that the server left out because the reader was too slow. */
  skipped: number;
  /** Rows that came while paused and are not shown yet. */
  waiting: number;
}

/**
 * Follows new events. The newest TAIL_ROWS are kept, newest first. While paused the screen stands still and rows go on
 * being counted; what falls out of the buffer meanwhile is counted as waiting, never silently lost.
 */
export function useTail(kind: EventKind, params: Params, columns: string[], enabled: boolean, paused: boolean): Tail {
  const [tail, setTail] = useState<Tail>({ rows: NONE, state: "connecting", received: 0, skipped: 0, waiting: 0 });
  const stopped = useRef(paused);
  const wake = useRef<() => void>(() => {});
  useEffect(() => {
    stopped.current = paused;
    wake.current();
  }, [paused]);

  const url = address(`/events/${kind}/tail`, {
    ...params,
    from: undefined,
    to: undefined,
    columns: columns.join(","),
  });
  useEffect(() => {
    if (!enabled) return;
    let buffer: CellValue[][] = [];
    let index = NONE.index;
    let received = 0;
    let skipped = 0;
    let waiting = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let state: Tail["state"] = "connecting";
    setTail({ rows: NONE, state, received, skipped, waiting });

    const show = () => {
      timer = undefined;
      if (stopped.current) setTail((old) => ({ ...old, state, received, skipped, waiting }));
      else {
        waiting = 0;
        // Newest first, and a new array, so that React sees the change and the old one can go.
        setTail({ rows: { rows: buffer.slice().reverse(), index }, state, received, skipped, waiting });
      }
    };
    const soon = () => {
      timer ??= setTimeout(show, TAIL_PERIOD);
    };
    wake.current = soon;

    const source = new EventSource(url);
    source.onopen = () => {
      state = "live";
      soon();
    };
    source.onerror = () => {
      state = "broken";
      soon();
    };
    source.addEventListener("rows", (event) => {
      const message = JSON.parse(event.data) as { columns?: string[]; rows: CellValue[][] };
      if (message.columns && message.columns.length !== index.size) index = indexOf(message.columns);
      received += message.rows.length;
      if (stopped.current) waiting += message.rows.length;
      buffer.push(...message.rows);
      if (buffer.length > TAIL_ROWS) buffer = buffer.slice(-TAIL_ROWS);
      state = "live";
      soon();
    });
    source.addEventListener("lag", (event) => {
      skipped += (JSON.parse(event.data) as { skipped?: number }).skipped ?? 0;
      soon();
    });
    return () => {
      source.close();
      clearTimeout(timer);
      wake.current = () => {};
    };
  }, [url, enabled]);
  return tail;
}
