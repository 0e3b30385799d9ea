import type { Tone } from "~/marks/marks";

export const STATES = ["open", "investigating", "closed"] as const;

/** Incidents of a month are listed whatever the window: what is open stays in sight however long ago it began. */
export const STORIES = "now-30d";

export const STATE_TONES: Record<string, Tone> = {
  open: "critical",
  investigating: "medium",
  closed: "good",
};
