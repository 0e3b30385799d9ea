/** How a source is doing, judged by what it says and how long ago it last delivered. */

import type { SourceState } from "~/api/types";

export type SourceCondition = "ok" | "late" | "silent" | "failing" | "unknown";

/** Seconds without an event after which a source counts as silent, and of lag after which it counts as late. */
const SILENT_AFTER = 900;
const LATE_AFTER = 60;

export function conditionOf(source: SourceState, now: number): SourceCondition {
  const said = source.state?.toLowerCase() ?? "";
  if (/fail|error|broken|refused|down|losing/.test(said)) return "failing";
  if (/silent|stale/.test(said)) return "silent";
  // The server knows each source's pace and, of a recording, its clock: what it calls fine is fine.
  if (said === "ok") return "ok";
  if (source.lastEvent === null) return "unknown";
  const age = (now - Date.parse(source.lastEvent)) / 1000;
  // A file that was read once is not silent: it says `done`.
  if (/done|complete|finished/.test(said)) return "ok";
  if (age > SILENT_AFTER) return "silent";
  if ((source.lagSeconds ?? 0) > LATE_AFTER || /late|lag/.test(said)) return "late";
  return "ok";
}
