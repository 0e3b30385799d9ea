import { type KeyboardEvent, useId, useRef } from "react";
import styles from "./parts.module.css";

export interface TabItem {
  id: string;
  name: string;
  count?: number | undefined;
}

/** Tabs with arrow keys. The panel below must be labelled by `panelProps(id)`. */
export function Tabs({
  items,
  active,
  onChange,
  label,
  id,
}: {
  items: TabItem[];
  active: string;
  onChange: (id: string) => void;
  label: string;
  id?: string;
}) {
  const own = useId();
  const prefix = id ?? own;
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = items.findIndex((item) => item.id === active);
    const next = items[(at + step + items.length) % items.length]!;
    onChange(next.id);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  return (
    <div ref={list} className={styles.tabs} role="tablist" aria-label={label} onKeyDown={move}>
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="tab"
          id={`${prefix}-tab-${item.id}`}
          aria-selected={item.id === active}
          aria-controls={item.id === active ? `${prefix}-panel` : undefined}
          tabIndex={item.id === active ? 0 : -1}
          className={styles.tab}
          onClick={() => onChange(item.id)}
        >
          {item.name}
          {item.count !== undefined && item.count > 0 && <span className={styles.tabCount}>{item.count}</span>}
        </button>
      ))}
    </div>
  );
}

export function panelProps(prefix: string, active: string) {
  return { role: "tabpanel" as const, id: `${prefix}-panel`, "aria-labelledby": `${prefix}-tab-${active}` };
}
