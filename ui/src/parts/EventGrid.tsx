import {
  type ColumnDef,
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type KeyboardEvent, memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Rows } from "~/api/events";
import type { CellValue, EventField } from "~/api/types";
import { Icon } from "~/marks/Icon";
import { cell, compositeCell, type EventColumn } from "./eventCells";
import styles from "./events.module.css";

const features = tableFeatures({
  columnVisibilityFeature,
  columnOrderingFeature,
  columnSizingFeature,
  columnResizingFeature,
});

const ROW = 26;

interface Props {
  label: string;
  columns: EventColumn[];
  /** Ids of the columns shown, in order. */
  shown: string[];
  widths: Record<string, number>;
  onWidths?: (widths: Record<string, number>) => void;
  onMove?: (id: string, before: string) => void;
  fields: Map<string, EventField>;
  rows: Rows;
  total: number | null;
  selected: string | null;
  onOpen: (eventId: string, moving: boolean) => void;
  /** Called when the last rows come into sight. */
  onEnd?: () => void;
  order?: { newest: boolean; toggle: () => void };
  /** Called when somebody leaves or comes back to the first row: a live tail pauses itself. */
  onTop?: (atTop: boolean) => void;
}

/** A table of any length: only the rows in sight exist. Arrow keys walk, Enter opens. */
export function EventGrid(props: Props) {
  const { columns, shown, widths, rows, fields, selected, onOpen, onEnd, order, onTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const byId = useMemo(() => new Map(columns.map((one) => [one.id, one])), [columns]);

  const definitions = useMemo<ColumnDef<typeof features, CellValue[]>[]>(
    () => columns.map((one) => ({ id: one.id, header: one.head, size: one.width, minSize: 48, maxSize: 900 })),
    [columns],
  );
  const visibility = useMemo(
    () => Object.fromEntries(columns.map((one) => [one.id, shown.includes(one.id)])),
    [columns, shown],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: NO_ROWS,
    columnResizeMode: "onChange",
    state: { columnVisibility: visibility, columnOrder: shown, columnSizing: widths },
    onColumnSizingChange: (change) => props.onWidths?.(typeof change === "function" ? change(widths) : change),
  });
  const headers = table.getHeaderGroups()[0]?.headers ?? [];
  const visible = useMemo(
    () => shown.map((id) => byId.get(id)).filter((one): one is EventColumn => one !== undefined),
    [shown, byId],
  );
  const template = headers.map((header) => `${header.getSize()}px`).join(" ");
  const width = headers.reduce((sum, header) => sum + header.getSize(), 0) + 28;

  const count = rows.rows.length;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastSeen = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (count > 0 && lastSeen >= count - 60) onEnd?.();
  }, [lastSeen, count, onEnd]);

  const idAt = rows.index.get("event_id") ?? 0;
  const today = new Date().setHours(12, 0, 0, 0);
  const move = useCallback(
    (to: number) => {
      const next = Math.min(Math.max(to, 0), count - 1);
      setActive(next);
      virtual.scrollToIndex(next, { align: "auto" });
      // With the drawer open on an event, walking the table walks the drawer too.
      if (selected !== null) onOpen(String(rows.rows[next]?.[idAt] ?? ""), true);
    },
    [count, virtual, selected, onOpen, rows, idAt],
  );
  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(Math.floor((scroller.current?.clientHeight ?? 300) / ROW) - 2, 5);
    const target = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (target !== undefined && count > 0) {
      event.preventDefault();
      move(target);
    } else if (event.key === "Enter" && rows.rows[active]) {
      event.preventDefault();
      onOpen(String(rows.rows[active]![idAt]), false);
    }
  };
  const open = useCallback(
    (at: number, id: string) => {
      setActive(at);
      onOpen(id, false);
    },
    [onOpen],
  );

  return (
    <div
      ref={scroller}
      className={styles.grid}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.total ?? count}
      aria-activedescendant={active >= 0 && active < count ? `event-row-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKey}
      onScroll={onTop ? (event) => onTop(event.currentTarget.scrollTop < ROW) : undefined}
      style={{ "--columns": template, "--width": `${width}px` } as CSSProperties}
    >
      <div className={styles.head} role="row">
        {headers.map((header) => {
          const column = byId.get(header.column.id)!;
          return (
            <div
              key={header.id}
              role="columnheader"
              className={`${styles.headCell} ${column.right ? styles.right : ""}`}
              title={column.meaning.replace(/`/g, "") || undefined}
              aria-sort={column.id === "time" && order ? (order.newest ? "descending" : "ascending") : undefined}
              draggable={props.onMove !== undefined}
              onDragStart={(event) => event.dataTransfer.setData("text/column", column.id)}
              onDragOver={(event) => props.onMove && event.preventDefault()}
              onDrop={(event) => {
                const moved = event.dataTransfer.getData("text/column");
                if (moved && moved !== column.id) props.onMove?.(moved, column.id);
              }}
            >
              {column.id === "time" && order ? (
                <button
                  type="button"
                  className={styles.sort}
                  onClick={order.toggle}
                  title={order.newest ? "Newest first" : "Oldest first"}
                >
                  {column.head}
                  <Icon name={order.newest ? "down" : "up"} size={11} />
                </button>
              ) : (
                <span>{column.head}</span>
              )}
              {props.onWidths && (
                <span
                  className={styles.resize}
                  draggable
                  onDragStart={(event) => {
                    event.preventDefault();
                    event.stopPropagation();
                  }}
                  onMouseDown={header.getResizeHandler()}
                  onTouchStart={header.getResizeHandler()}
                />
              )}
            </div>
          );
        })}
      </div>
      <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows.rows[item.index]!;
          const id = String(row[idAt]);
          return (
            <Row
              key={item.key}
              at={item.index}
              id={id}
              top={item.start}
              row={row}
              index={rows.index}
              columns={visible}
              fields={fields}
              selected={id === selected}
              active={item.index === active}
              today={today}
              onOpen={open}
            />
          );
        })}
      </div>
    </div>
  );
}

const NO_ROWS: CellValue[][] = [];

const Row = memo(function Row(props: {
  at: number;
  id: string;
  top: number;
  row: CellValue[];
  index: Map<string, number>;
  columns: EventColumn[];
  fields: Map<string, EventField>;
  selected: boolean;
  active: boolean;
  today: number;
  onOpen: (at: number, id: string) => void;
}) {
  const { row, index, fields } = props;
  const get = (name: string) => row[index.get(name) ?? -1];
  const denied = get("verdict") === "denied";
  return (
    <div
      id={`event-row-${props.at}`}
      role="row"
      tabIndex={-1}
      aria-rowindex={props.at + 1}
      aria-selected={props.selected}
      className={styles.row}
      data-active={props.active}
      data-denied={denied}
      style={{ transform: `translateY(${props.top}px)` }}
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        (event.currentTarget.closest('[role="grid"]') as HTMLElement | null)?.focus({ preventScroll: true });
        props.onOpen(props.at, props.id);
      }}
    >
      {props.columns.map((column) => {
        const field = fields.get(column.id);
        return (
          <div
            key={column.id}
            role="gridcell"
            className={`${styles.cell} ${column.right ? styles.right : ""} ${column.mono ? styles.mono : ""}`}
          >
            {field ? cell(field, get(column.id), props.today) : compositeCell(column.id, get)}
          </div>
        );
      })}
    </div>
  );
});
