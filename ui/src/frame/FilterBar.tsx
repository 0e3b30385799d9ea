import { useDebouncedValue } from "@mantine/hooks";
import { useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { useRead } from "~/api/queries";
import { EVENT_KINDS, type EventField, type EventKind } from "~/api/types";
import { parse, typingAt, written } from "~/context/filter";
import { toggled } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { count } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import styles from "./frame.module.css";

interface Choice {
  key: string;
  /** The text after choosing, and where the cursor goes. */
  text: string;
  label: string;
  meaning?: string;
  number?: number;
  namespace?: string;
  /** Whether choosing finishes a term. */
  whole: boolean;
}

/** The kind of event whose fields the filter completes: Explore's own, else flows. */
export function useEventKind(): EventKind {
  const path = useRouterState({ select: (state) => state.location.pathname });
  const kind = /^\/explore\/(\w+)/.exec(path)?.[1];
  return EVENT_KINDS.find((one) => one === kind) ?? "flow";
}

/** The free filter, completed from the fields there are and the values that occur. Enter applies, Esc gives back. */
export function FilterBar({ chips }: { chips: ReactNode }) {
  const { context, params, set } = useConsole();
  const kind = useEventKind();
  const [draft, setDraft] = useState(context.q ?? "");
  const [cursor, setCursor] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();

  useEffect(() => setDraft(context.q ?? ""), [context.q]);

  const typing = useMemo(() => typingAt(draft, cursor), [draft, cursor]);
  const [asked] = useDebouncedValue(typing, 120);
  const fields = useRead<EventField[]>(
    open ? `/events/${kind}/fields` : null,
    {},
    { staleTime: Number.POSITIVE_INFINITY, keep: false },
  );
  const values = useRead<{ value: string; count: number }[]>(
    open && asked.what === "value" ? `/events/${kind}/values` : null,
    { ...params, q: undefined, field: asked.what === "value" ? asked.field : "", prefix: asked.prefix, limit: "20" },
    { keep: true },
  );
  const namespaceField = kind === "flow" ? "dst_namespace" : "namespace";
  const namespaces = useRead<{ value: string; count: number }[]>(
    open && asked.what === "field" && asked.prefix.length > 1 ? `/events/${kind}/values` : null,
    { ...params, q: undefined, field: namespaceField, prefix: asked.prefix, limit: "4" },
    { keep: false },
  );

  const choices = useMemo<Choice[]>(() => {
    const put = (text: string) => draft.slice(0, typing.from) + text + draft.slice(typing.to);
    if (typing.what === "value")
      return (values.data ?? [])
        .filter((one) => one.value.toLowerCase().includes(typing.prefix.toLowerCase()))
        .map((one) => ({
          key: one.value,
          text: `${put(written(one.value))} `,
          label: one.value,
          number: one.count,
          whole: true,
        }));
    const prefix = typing.prefix.toLowerCase();
    const matches = (fields.data ?? [])
      .filter((field) => field.name.includes(prefix))
      .sort((a, b) => Number(b.name.startsWith(prefix)) - Number(a.name.startsWith(prefix)))
      .slice(0, 40)
      .map((field) => ({
        key: field.name,
        text: put(`${field.name}:`),
        label: field.name,
        meaning: field.meaning,
        whole: false,
      }));
    const spaces = (namespaces.data ?? []).map((one) => ({
      key: `ns:${one.value}`,
      text: put(""),
      label: one.value,
      meaning: "only this namespace",
      number: one.count,
      namespace: one.value,
      whole: true,
    }));
    return [...spaces, ...matches];
  }, [draft, typing, fields.data, values.data, namespaces.data]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new list of choices starts with none chosen
  useEffect(() => setActive(-1), [draft, cursor]);

  const { fault } = parse(draft);
  const apply = (text: string) => {
    setOpen(false);
    set({ q: text.trim() || undefined });
  };
  const choose = (choice: Choice) => {
    if (choice.namespace !== undefined) {
      setDraft(choice.text);
      setOpen(false);
      set({
        ...toggled({ ...context, namespace: undefined }, "namespace", choice.namespace),
        q: choice.text.trim() || undefined,
      });
      return;
    }
    setDraft(choice.text);
    setCursor(choice.text.length);
    if (choice.whole) set({ q: choice.text.trim() || undefined }, true);
    requestAnimationFrame(() => input.current?.setSelectionRange(choice.text.length, choice.text.length));
  };

  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((at) =>
        choices.length ? (at + step + choices.length + (at < 0 && step < 0 ? 1 : 0)) % choices.length : -1,
      );
    } else if (event.key === "Enter") {
      event.preventDefault();
      const choice = choices[active];
      if (open && choice) choose(choice);
      else apply(draft);
    } else if (event.key === "Tab" && open && choices[Math.max(active, 0)] && typing.prefix && !event.shiftKey) {
      event.preventDefault();
      choose(choices[Math.max(active, 0)]!);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (open && choices.length) setOpen(false);
      else {
        setDraft(context.q ?? "");
        input.current?.blur();
      }
    }
  };

  const shown = open && (choices.length > 0 || (fault !== null && draft !== ""));
  return (
    <div
      className={styles.filterBox}
      data-fault={fault !== null && !open}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}
    >
      <Icon name="filter" size={14} />
      {chips}
      <input
        ref={input}
        id="filter"
        className={styles.filterInput}
        value={draft}
        placeholder="Filter, e.g. verdict:denied dst_port>=1024"
        aria-label="Filter"
        role="combobox"
        aria-expanded={shown}
        aria-controls={shown ? list : undefined}
        aria-activedescendant={shown && active >= 0 ? `${list}-${active}` : undefined}
        aria-autocomplete="list"
        aria-invalid={fault !== null && !open}
        autoComplete="off"
        spellCheck={false}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setDraft(event.target.value);
          setCursor(event.target.selectionStart ?? event.target.value.length);
          setOpen(true);
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
        onKeyDown={onKey}
      />
      {draft || chipsThere(context) ? (
        <button
          type="button"
          className={styles.chipClear}
          aria-label="Clear filter and entities"
          title="Clear filter and entities"
          onClick={() => {
            setDraft("");
            set({ q: undefined, namespace: undefined, workload: undefined, identity: undefined, address: undefined });
          }}
        >
          <Icon name="close" size={13} />
        </button>
      ) : (
        <kbd className={`${styles.kbd} ${styles.deskOnly}`} aria-hidden>
          /
        </kbd>
      )}
      {shown && (
        <div className={styles.choices}>
          {choices.length > 0 && (
            <div id={list} role="listbox" aria-label={typing.what === "value" ? `Values of ${typing.field}` : "Fields"}>
              {choices.map((choice, at) => (
                <div
                  key={choice.key}
                  id={`${list}-${at}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={at === active}
                  className={styles.choice}
                  ref={at === active ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => choose(choice)}
                >
                  {choice.namespace !== undefined && <Icon name="namespace" size={13} />}
                  <code>{choice.label}</code>
                  {choice.meaning && <span className={styles.meaning}>{choice.meaning.replace(/`/g, "")}</span>}
                  {choice.number !== undefined && <span className={styles.number}>{count(choice.number)}</span>}
                </div>
              ))}
            </div>
          )}
          <div className={styles.choicesHint}>
            {fault && draft ? (
              <span className={styles.faultText}>
                Character {fault.position + 1}: {fault.message}
              </span>
            ) : (
              <>
                <kbd>Enter</kbd> applies · <kbd>-field:value</kbd> excludes · <kbd>a,b</kbd> either · <kbd>prefix*</kbd>
              </>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

function chipsThere(context: {
  namespace?: string[];
  workload?: string[];
  identity?: string[];
  address?: string[];
}): boolean {
  return Boolean(context.namespace ?? context.workload ?? context.identity ?? context.address);
}
