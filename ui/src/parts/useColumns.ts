import { useCallback, useMemo, useState } from "react";
import { useRead } from "~/api/queries";
import type { EventField, EventKind } from "~/api/types";
import { COMPOSITES, DEFAULT_COLUMNS, type EventColumn, storedColumn } from "./eventCells";

interface Kept {
  shown: string[];
  widths: Record<string, number>;
}

/** Which columns of a kind are shown, in which order and how wide; kept in this browser. */
export function useColumns(kind: EventKind, keep = true, onlyDefault?: string[]) {
  const fields = useRead<EventField[]>(
    `/events/${kind}/fields`,
    {},
    { staleTime: Number.POSITIVE_INFINITY, keep: false },
  );
  const [kept, setKept] = useState<Record<string, Kept>>({});
  const initial = onlyDefault ?? DEFAULT_COLUMNS[kind];
  const mine = kept[kind] ?? (keep ? stored(kind) : null) ?? { shown: initial, widths: {} };

  const byName = useMemo(() => new Map((fields.data ?? []).map((field) => [field.name, field])), [fields.data]);
  const columns = useMemo<EventColumn[]>(
    () => [...COMPOSITES[kind], ...(fields.data ?? []).filter((field) => field.name !== "event_id").map(storedColumn)],
    [kind, fields.data],
  );
  const known = useMemo(() => new Set(columns.map((one) => one.id)), [columns]);
  const shown = useMemo(
    () => (fields.data ? mine.shown.filter((id) => known.has(id)) : mine.shown),
    [mine.shown, known, fields.data],
  );
  const needs = useMemo(() => {
    const byId = new Map(columns.map((one) => [one.id, one]));
    // The verdict marks a row even where its column is hidden.
    const always = kind === "flow" ? ["verdict"] : [];
    return [...new Set([...shown.flatMap((id) => byId.get(id)?.needs ?? [id]), ...always])].sort();
  }, [columns, shown, kind]);

  const change = useCallback(
    (next: Partial<Kept>) => {
      setKept((old) => {
        const merged = { ...(old[kind] ?? (keep ? stored(kind) : null) ?? { shown: initial, widths: {} }), ...next };
        if (keep) store(kind, merged);
        return { ...old, [kind]: merged };
      });
    },
    [kind, keep, initial],
  );
  return {
    columns,
    shown,
    widths: mine.widths,
    needs,
    fields: byName,
    change,
    ready: fields.data !== undefined,
    answer: fields,
    initial,
  };
}

const key = (kind: string) => `seawall.columns.${kind}`;

function stored(kind: string): Kept | null {
  try {
    const read = JSON.parse(localStorage.getItem(key(kind)) ?? "null") as Kept | null;
    return read && Array.isArray(read.shown) && read.shown.length
      ? { shown: read.shown, widths: read.widths ?? {} }
      : null;
  } catch {
    return null;
  }
}

function store(kind: string, kept: Kept): void {
  try {
    localStorage.setItem(key(kind), JSON.stringify(kept));
  } catch {
    // Storage may be full or forbidden: the choice then lasts as long as the page.
  }
}
