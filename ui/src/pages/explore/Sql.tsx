import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { type ProblemError, post } from "~/api/client";
import { useRead } from "~/api/queries";
import type { CellValue, Schema, SqlAnswer } from "~/api/types";
import { useConsole } from "~/context/useConsole";
import { query } from "~/format/commands";
import { exact, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { CopyButton } from "~/parts/Copy";
import { plainText } from "~/parts/eventCells";
import parts from "~/parts/parts.module.css";
import { Answered, Empty, Failed, Partial, SkeletonLines } from "~/parts/States";
import examples from "./examples.json";
import styles from "./explore.module.css";
import { completed, pieces, wordAt } from "./highlight";

const SHOWN = 1_000;

/** SQL over the same tables, for readers of whole clusters: read-only and limited by the server. */
export default function Sql({ tabs }: { tabs: ReactNode }) {
  const { search, set } = useConsole();
  const [text, setText] = useState(search.sql ?? examples[0]!.sql);
  const schema = useRead<Schema>("/schema", {}, { staleTime: Number.POSITIVE_INFINITY });
  const abort = useRef<AbortController | null>(null);
  const run = useMutation<SqlAnswer, ProblemError, string>({
    mutationFn: (query) => {
      abort.current = new AbortController();
      return post<SqlAnswer>("/sql", { query }, undefined, abort.current.signal);
    },
    onMutate: (query) => set({ sql: query }, true),
  });
  const editor = useRef<HTMLTextAreaElement>(null);
  const insert = (word: string) => {
    const area = editor.current;
    if (!area) return;
    const { word: begun, from } = wordAt(text, area.selectionStart);
    const start = begun && word.startsWith(begun) ? from : area.selectionStart;
    const next = text.slice(0, start) + word + text.slice(area.selectionEnd);
    setText(next);
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(start + word.length, start + word.length);
    });
  };
  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">SQL</h1>
      <div className={styles.tools}>{tabs}</div>
      <div className={styles.sql}>
        <aside className={styles.schema} aria-label="Tables">
          <Answered answer={schema} what="The schema">
            {(data) => data.tables.map((table) => <TableOf key={table.name} table={table} onInsert={insert} />)}
          </Answered>
        </aside>
        <div className={styles.work}>
          <Editor ref={editor} text={text} onChange={setText} onRun={() => run.mutate(text)} words={schema.data} />
          <div className={styles.run}>
            {run.isPending ? (
              <Button variant="default" onClick={() => abort.current?.abort()}>
                Cancel
              </Button>
            ) : (
              <Button onClick={() => run.mutate(text)} leftSection={<Icon name="play" size={12} />} title="Ctrl Enter">
                Run
              </Button>
            )}
            <label>
              <span className="visually-hidden">Examples</span>
              <select
                value=""
                onChange={(event) => setText(examples.find((one) => one.name === event.target.value)?.sql ?? text)}
                style={{
                  height: 30,
                  background: "var(--surface)",
                  border: "1px solid var(--line-strong)",
                  borderRadius: 6,
                  padding: "0 8px",
                }}
              >
                <option value="">Examples</option>
                {examples.map((one) => (
                  <option key={one.name}>{one.name}</option>
                ))}
              </select>
            </label>
            {run.data && (
              <span role="status">
                {plural(run.data.rows.length, "row")} in {run.data.elapsedMs.toFixed(0)} ms
              </span>
            )}
            <span style={{ marginLeft: "auto", display: "flex", gap: 8 }}>
              {run.data && <CopyButton text={csv(run.data)}>Copy as CSV</CopyButton>}
              <CopyButton text={query(text)}>seawall query</CopyButton>
            </span>
          </div>
          <div className={styles.answer}>
            {run.isPending ? (
              <SkeletonLines lines={8} />
            ) : run.error ? (
              run.error.name === "AbortError" ? (
                <Empty title="Cancelled">The query was stopped.</Empty>
              ) : run.error.unavailable ? (
                <Empty title="SQL is not on this server">{run.error.message}</Empty>
              ) : (
                <Failed error={run.error} what="The answer" />
              )
            ) : run.data ? (
              <Result answer={run.data} />
            ) : (
              <Empty icon="sql" title="Ask your own question">
                The tables on the left are the ones every page reads. <kbd>Ctrl Enter</kbd> runs, <kbd>Tab</kbd>{" "}
                completes a name; the query is kept in the address.
              </Empty>
            )}
          </div>
        </div>
      </div>
    </div>
  );
}

function TableOf({ table, onInsert }: { table: Schema["tables"][number]; onInsert: (word: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <button
        type="button"
        className={styles.tableName}
        aria-expanded={open}
        title={table.meaning}
        onClick={() => setOpen((is) => !is)}
        onDoubleClick={() => onInsert(table.name)}
      >
        <Icon name={open ? "down" : "right"} size={12} />
        {table.name}
      </button>
      {open &&
        table.columns.map((column) => (
          <button
            key={column.name}
            type="button"
            className={styles.columnName}
            title={column.meaning}
            onClick={() => onInsert(column.name)}
          >
            <code>{column.name}</code>
            <small>{column.unit || column.type.split(",")[0]}</small>
          </button>
        ))}
    </div>
  );
}

function Editor(props: {
  text: string;
  onChange: (text: string) => void;
  onRun: () => void;
  words: Schema | undefined;
  ref: React.Ref<HTMLTextAreaElement>;
}) {
  const coloured = useMemo(() => pieces(props.text), [props.text]);
  const words = useMemo(
    () => [
      ...new Set(
        (props.words?.tables ?? []).flatMap((table) => [table.name, ...table.columns.map((column) => column.name)]),
      ),
    ],
    [props.words],
  );
  const shade = useRef<HTMLPreElement>(null);
  return (
    <div className={styles.editor}>
      <pre ref={shade} aria-hidden>
        {coloured.map((piece, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity
          <span key={at} className={piece.kind === "plain" ? undefined : styles[piece.kind]}>
            {piece.text}
          </span>
        ))}
        {"\n"}
      </pre>
      <textarea
        ref={props.ref}
        aria-label="SQL"
        spellCheck={false}
        autoCapitalize="off"
        value={props.text}
        onChange={(event) => props.onChange(event.target.value)}
        onScroll={(event) => shade.current?.scrollTo(0, event.currentTarget.scrollTop)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            props.onRun();
          } else if (event.key === "Tab" && !event.shiftKey) {
            const area = event.currentTarget;
            const completion = completed(words, wordAt(props.text, area.selectionStart).word);
            if (!completion) return;
            event.preventDefault();
            const at = area.selectionStart;
            props.onChange(props.text.slice(0, at) + completion + props.text.slice(at));
            requestAnimationFrame(() => area.setSelectionRange(at + completion.length, at + completion.length));
          }
        }}
      />
    </div>
  );
}

function Result({ answer }: { answer: SqlAnswer }) {
  if (answer.rows.length === 0) return <Empty title="No rows">The query ran and nothing matched.</Empty>;
  const numeric = answer.columns.map((_, at) =>
    answer.rows.slice(0, 50).every((row) => row[at] === null || typeof row[at] === "number"),
  );
  return (
    <>
      {(answer.truncated || answer.rows.length > SHOWN) && (
        <Partial>
          {answer.truncated
            ? "The server cut the answer at its limit."
            : `The first ${exact(SHOWN)} rows are shown; the copy holds all.`}
        </Partial>
      )}
      <div className={parts.tableWrap}>
        <table className={parts.table} aria-label="Answer" tabIndex={0}>
          <thead>
            <tr>
              {answer.columns.map((column, at) => (
                <th key={column.name} scope="col" className={numeric[at] ? parts.right : undefined}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.rows.slice(0, SHOWN).map((row, line) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer have no identity
              <tr key={line}>
                {row.map((value, at) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as above
                  <td key={at} className={numeric[at] ? parts.right : undefined}>
                    <div className={parts.cell} title={plainText(value)}>
                      {typeof value === "number" ? (
                        value.toLocaleString("en")
                      ) : value === null ? (
                        <span className={parts.muted}>null</span>
                      ) : (
                        plainText(value)
                      )}
                    </div>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function csv(answer: SqlAnswer): string {
  const quoted = (value: CellValue) => {
    const text = value === null ? "" : plainText(value);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [
    answer.columns.map((column) => quoted(column.name)).join(","),
    ...answer.rows.map((row) => row.map(quoted).join(",")),
  ].join("\n");
}
