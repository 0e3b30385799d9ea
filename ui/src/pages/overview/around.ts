import { rfc3339 } from "~/context/time";

/** The hour up to a moment: where the newest events of a recording are. */
export function around(newest: string): { from: string; to: string; live: undefined } {
  const end = Date.parse(newest) + 60_000;
  return { from: rfc3339(end - 3_660_000), to: rfc3339(end), live: undefined };
}
