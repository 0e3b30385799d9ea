import type { Tone } from "~/marks/marks";

export const STATES = ["open", "investigating", "contained", "closed"] as const;

export const STATE_TONES: Record<string, Tone> = {
  open: "critical",
  investigating: "medium",
  contained: "low",
  closed: "good",
};
