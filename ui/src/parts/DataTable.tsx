import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  sortFn_basic,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { Icon } from "~/marks/Icon";
import styles from "./parts.module.css";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric, basic: sortFn_basic },
});

export interface Column<Row extends RowData> {
  id: string;
  head: string;
  /** What the column sorts by; absent: not sortable. */
  value?: (row: Row) => string | number;
  cell: (row: Row) => ReactNode;
  right?: boolean;
  width?: number | string;
  /** Explains the column on hover. */
  hint?: string;
}

/** A list of at most some hundreds of rows: sortable, walked with arrow keys, a row opens with Enter. Long lists are `EventTable`'s. */
export function DataTable<Row extends RowData>(props: {
  rows: Row[];
  columns: Column<Row>[];
  rowId: (row: Row) => string;
  label: string;
  onOpen?: (row: Row) => void;
  selected?: string | null;
  sort?: { id: string; desc: boolean };
  wrap?: boolean;
}) {
  const { rows, columns, rowId, label, onOpen, selected } = props;
  const [sorting, setSorting] = useState<SortingState>(props.sort ? [props.sort] : []);
  const body = useRef<HTMLTableSectionElement>(null);
  const [focused, setFocused] = useState(0);

  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.head,
        accessorFn: column.value ?? (() => 0),
        enableSorting: column.value !== undefined,
        sortFn: "basic" as const,
      })),
    [columns],
  );
  const table = useTable({
    features,
    data: rows,
    columns: definitions,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowId,
  });

  const move = (event: KeyboardEvent<HTMLTableRowElement>, at: number, row: Row) => {
    const last = rows.length - 1;
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 10, PageUp: at - 10 }[
      event.key
    ];
    if (target !== undefined) {
      event.preventDefault();
      const next = Math.min(Math.max(target, 0), last);
      setFocused(next);
      (body.current?.children[next] as HTMLElement | undefined)?.focus();
    } else if ((event.key === "Enter" || event.key === " ") && onOpen && event.target === event.currentTarget) {
      event.preventDefault();
      onOpen(row);
    }
  };

  return (
    <div className={styles.tableWrap}>
      <table
        className={`${styles.table} ${props.wrap ? styles.wrap : ""}`}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length}
      >
        <thead>
          <tr>
            {table.getHeaderGroups()[0]?.headers.map((header, index) => {
              const column = columns[index]!;
              const sorted = header.column.getIsSorted();
              return (
                <th
                  key={header.id}
                  scope="col"
                  className={column.right ? styles.right : undefined}
                  style={column.width === undefined ? undefined : { width: column.width }}
                  aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
                  title={column.hint}
                >
                  {header.column.getCanSort() ? (
                    <button type="button" onClick={header.column.getToggleSortingHandler()}>
                      {column.head}
                      {sorted && <Icon name={sorted === "asc" ? "up" : "down"} size={11} />}
                    </button>
                  ) : (
                    column.head
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody ref={body}>
          {table.getRowModel().rows.map((row, at) => (
            <tr
              key={row.id}
              className={`${onOpen ? styles.clickable : ""} ${selected === row.id ? styles.selected : ""}`}
              tabIndex={at === Math.min(focused, rows.length - 1) ? 0 : -1}
              aria-selected={onOpen ? selected === row.id : undefined}
              onClick={onOpen ? () => onOpen(row.original) : undefined}
              onFocus={() => setFocused(at)}
              onKeyDown={(event) => move(event, at, row.original)}
            >
              {columns.map((column) => (
                <td key={column.id} className={column.right ? styles.right : undefined}>
                  <div className={styles.cell}>{column.cell(row.original)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
