/** Moments as the URL writes them: RFC 3339, `now`, `now-15m`. The clock is always handed in. */

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const DEFAULT_FROM = "now-1h";

export const SPANS = [
  { span: "5m", words: "5 minutes" },
  { span: "15m", words: "15 minutes" },
  { span: "1h", words: "1 hour" },
  { span: "6h", words: "6 hours" },
  { span: "24h", words: "24 hours" },
  { span: "7d", words: "7 days" },
] as const;

/** Milliseconds since 1970 of a moment; NaN if it is none. */
export function millis(moment: string, now: number): number {
  const relative = /^now(?:-(\d{1,9})(s|m|h|d))?$/.exec(moment);
  if (relative) return now - (relative[1] ? Number(relative[1]) * UNITS[relative[2] as keyof typeof UNITS] : 0);
  return /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(moment) ? Date.parse(moment) : Number.NaN;
}

export function rfc3339(time: number): string {
  return new Date(time).toISOString().replace(/\.000Z$/, "Z");
}

/** The span of a window that ends now (`15m` of `now-15m`), or null. */
export function lastSpan(from: string, to: string): string | null {
  const relative = /^now-(\d+[smhd])$/.exec(from);
  return relative && to === "now" ? relative[1]! : null;
}

/** What a person typed into a time field: `14:05`, `2026-03-01 14:05`, RFC 3339, `now-2h`. Null if it is none of these. */
export function typedMoment(text: string, now: number): string | null {
  const trimmed = text.trim();
  if (/^now(-\d{1,9}[smhd])?$/.test(trimmed)) return trimmed;
  if (/^\d{1,9}[smhd]$/.test(trimmed)) return `now-${trimmed}`;
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(trimmed);
  if (clock) {
    const day = new Date(now);
    day.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    return Number(clock[1]) > 23 || Number(clock[2]) > 59 ? null : rfc3339(day.getTime());
  }
  if (!/^\d{4}-\d\d-\d\d/.test(trimmed)) return null;
  const time = Date.parse(trimmed.replace(" ", "T"));
  return Number.isNaN(time) ? null : rfc3339(time);
}
