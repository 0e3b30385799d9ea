import type { WhatCan } from "~/api/types";
import styles from "./access.module.css";

const COLUMNS = [
  { id: "by", head: "Named as" },
  { id: "binding", head: "Bound by" },
  { id: "role", head: "Gives the role" },
  { id: "power", head: "Could come to" },
] as const;
const [WIDTH, BOX, ROW, HEAD, MOST] = [1000, 216, 32, 26, 12];
const GAP = (WIDTH - COLUMNS.length * BOX) / (COLUMNS.length - 1);

export interface Grants {
  /** What stands in each column, from above. */
  columns: string[][];
  /** From a place of one column to a place of the next: [column, from, to]. */
  lines: [number, number, number][];
  /** How many of each column are left out. */
  hidden: number[];
}

/** The columns and lines of what a subject was given, the first of each column only. */
export function grantsOf(answer: WhatCan): Grants {
  const columns = COLUMNS.map(() => [] as string[]);
  const links = new Set<string>();
  const note = (column: number, text: string) => {
    if (!columns[column]!.includes(text)) columns[column]!.push(text);
  };
  const link = (column: number, from: string, to: string) => {
    note(column, from);
    note(column + 1, to);
    links.add(JSON.stringify([column, from, to]));
  };
  for (const one of answer.permissions) {
    link(0, one.by, one.binding);
    link(1, one.binding, one.role);
  }
  for (const power of answer.powers) for (const role of power.roles) link(2, role, power.title);
  const shown = columns.map((column) => column.slice(0, MOST));
  const lines = [...links].flatMap((text): [number, number, number][] => {
    const [column, from, to] = JSON.parse(text) as [number, string, string];
    const [at, end] = [shown[column]!.indexOf(from), shown[column + 1]!.indexOf(to)];
    return at < 0 || end < 0 ? [] : [[column, at, end]];
  });
  return { columns: shown, lines, hidden: columns.map((column) => Math.max(0, column.length - MOST)) };
}

/** From who somebody is to what they could do: as whom bindings name them, the bindings, the roles, what is won. The tables below say the same in words. */
export function GrantGraph({ answer }: { answer: WhatCan }) {
  const { columns, lines, hidden } = grantsOf(answer);
  const rows = Math.max(...columns.map((column, index) => column.length + (hidden[index] ? 1 : 0)));
  const x = (column: number) => column * (BOX + GAP);
  const y = (row: number) => HEAD + row * ROW;
  return (
    <div className={styles.graph}>
      <svg viewBox={`0 0 ${WIDTH} ${y(rows)}`} role="img" aria-label="What gives what">
        {lines.map(([column, from, to]) => {
          const [left, right] = [x(column) + BOX, x(column + 1)];
          const [top, end] = [y(from) + ROW / 2 - 3, y(to) + ROW / 2 - 3];
          const middle = (left + right) / 2;
          return (
            <path
              key={`${column}/${from}/${to}`}
              className={styles.line}
              d={`M${left} ${top}C${middle} ${top} ${middle} ${end} ${right} ${end}`}
            />
          );
        })}
        {columns.map((column, index) => (
          <g key={COLUMNS[index]!.id}>
            <text className={styles.columnHead} x={x(index)} y={14}>
              {COLUMNS[index]!.head}
            </text>
            {column.map((text, row) => (
              <g key={text}>
                <rect
                  className={COLUMNS[index]!.id === "power" ? styles.power : styles.box}
                  x={x(index)}
                  y={y(row)}
                  width={BOX}
                  height={ROW - 6}
                  rx={4}
                />
                <text className={styles.boxText} x={x(index) + 8} y={y(row) + 17}>
                  <title>{text}</title>
                  {text.length > 34 ? `${text.slice(0, 33)}…` : text}
                </text>
              </g>
            ))}
            {hidden[index]! > 0 && (
              <text className={styles.columnHead} x={x(index) + 8} y={y(column.length) + 17}>
                and {hidden[index]} more
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  );
}
