/** How a source is doing, by what the server says of it: it knows each source's pace and, of a recording, its clock. */

import type { SourceHealth } from "~/api/types";

export type SourceCondition = "ok" | "silent" | "losing" | "unknown";

export function conditionOf(source: Pick<SourceHealth, "state" | "lastEvent">): SourceCondition {
  return source.lastEvent === null && source.state === "silent" ? "unknown" : source.state;
}
