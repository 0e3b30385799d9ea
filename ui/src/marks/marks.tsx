/** Meaning made visible: a shape, a colour and a word, always together. */

import type { ReactNode } from "react";
import type { Severity } from "~/api/types";
import { type Entity, entityLabel, identityLabel } from "~/context/entity";
import { Icon, kindIcon } from "./Icon";
import styles from "./marks.module.css";

/** Each severity has a shape of its own: filled diamond, triangle, square, dot, ring. */
const SHAPES: Record<Severity, ReactNode> = {
  critical: <path d="M5 0l5 5-5 5-5-5z" fill="currentColor" />,
  high: <path d="M5 .8l5 8.4h-10z" fill="currentColor" />,
  medium: <rect x="1.2" y="1.2" width="7.6" height="7.6" rx="1" fill="currentColor" />,
  low: <circle cx="5" cy="5" r="3.2" fill="currentColor" />,
  info: <circle cx="5" cy="5" r="3" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};

export const SEVERITIES: Severity[] = ["critical", "high", "medium", "low", "info"];

export function SeverityShape({ severity, size = 10 }: { severity: Severity; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 10 10" aria-hidden className={styles[severity]}>
      {SHAPES[severity] ?? SHAPES.info}
    </svg>
  );
}

export function SeverityMark({
  severity,
  soft = false,
  number,
}: {
  severity: Severity;
  soft?: boolean;
  number?: string;
}) {
  return (
    <span className={`${styles.mark} ${styles[severity] ?? ""} ${soft ? styles.soft : ""}`}>
      <SeverityShape severity={severity} />
      {number === undefined ? severity : `${number} ${severity}`}
    </span>
  );
}

export type Tone = "allowed" | "denied" | "unknown" | "good" | "high" | "critical" | "medium" | "low";

const VERDICTS: Record<string, { tone: Tone; shape: ReactNode }> = {
  allowed: { tone: "allowed", shape: <path d="M1.5 5.3l2.5 2.5 4.5-5.3" /> },
  denied: { tone: "denied", shape: <path d="M2 2l6 6M8 2l-6 6" /> },
  audit: { tone: "medium", shape: <path d="M5 1.5v4.5M5 8.2v.3" /> },
  error: { tone: "denied", shape: <path d="M5 1.5v4.5M5 8.2v.3" /> },
  partial: { tone: "medium", shape: <path d="M1.5 5h3M6.5 2.5v5" /> },
  unknown: { tone: "unknown", shape: <path d="M3.2 3.3a1.9 1.9 0 1 1 2.9 1.7c-.8.5-1.1.9-1.1 1.7M5 8.6v.1" /> },
};

const SYNONYMS: Record<string, string> = {
  allow: "allowed",
  deny: "denied",
  forbid: "denied",
  pass: "partial",
  none: "unknown",
  "": "unknown",
  drop: "denied",
  dropped: "denied",
};

export function verdictOf(text: string): string {
  const lower = text.toLowerCase();
  return lower in VERDICTS ? lower : (SYNONYMS[lower] ?? "unknown");
}

/** `quiet`: what is as it should be, in a long list, takes no colour. */
export function VerdictMark({
  verdict,
  soft = false,
  quiet = false,
  word,
}: {
  verdict: string;
  soft?: boolean;
  quiet?: boolean;
  word?: string;
}) {
  const { tone, shape } = VERDICTS[verdictOf(verdict)]!;
  return (
    <span className={`${styles.mark} ${quiet ? styles.quiet : styles[tone]} ${soft ? styles.soft : ""}`}>
      <svg
        width="10"
        height="10"
        viewBox="0 0 10 10"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
      >
        {shape}
      </svg>
      {word ?? (verdict || "unknown")}
    </span>
  );
}

/** A state in words with a dot or a shape: incident states, source states, store state. */
export function StateMark({ tone, children, soft = false }: { tone: Tone; children: ReactNode; soft?: boolean }) {
  return (
    <span className={`${styles.mark} ${styles[tone]} ${soft ? styles.soft : ""}`}>
      {tone === "good" ? (
        <span className={styles.dot} />
      ) : tone === "unknown" ? (
        <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden>
          <circle cx="5" cy="5" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2 1.6" />
        </svg>
      ) : (
        <SeverityShape
          severity={
            tone === "denied" || tone === "critical"
              ? "critical"
              : tone === "high"
                ? "high"
                : tone === "medium"
                  ? "medium"
                  : "low"
          }
        />
      )}
      {children}
    </span>
  );
}

/** Data that a simulator made. Stands wherever such data shows. */
export function Simulated({ what = "simulated" }: { what?: string }) {
  return (
    <span className={styles.simulated} title="Made by the simulator, not recorded">
      <svg width="9" height="9" viewBox="0 0 10 10" aria-hidden>
        <path
          d="M3.5 1h3M4 1v3l-2.5 4.6h7L6 4V1"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.2"
          strokeLinejoin="round"
          strokeLinecap="round"
        />
      </svg>
      {what}
    </span>
  );
}

/** An entity's name with its kind's icon; a button if it leads somewhere. */
export function EntityName({
  entity,
  onOpen,
  plain = false,
}: {
  entity: Entity;
  onOpen?: (entity: Entity) => void;
  plain?: boolean;
}) {
  const label = entity.kind === "identity" ? identityLabel(entity.name) : entity.name;
  const content = (
    <>
      <Icon name={kindIcon(entity.kind)} size={13} />
      <span className={styles.entityName}>
        {entity.namespace && entity.kind !== "identity" ? (
          <span className={styles.entityNs}>{entity.namespace}/</span>
        ) : null}
        {label}
      </span>
    </>
  );
  const title = `${entityLabel(entity)} (${entity.kind})`;
  if (!onOpen || plain)
    return (
      <span className={styles.entity} title={title}>
        {content}
      </span>
    );
  return (
    <button type="button" className={styles.entity} title={title} onClick={() => onOpen(entity)}>
      {content}
    </button>
  );
}
