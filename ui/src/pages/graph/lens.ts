/** What the boxes' looks say; lines always say the verdict. */
export type Lens = "verdict" | "health" | "dns" | "exposure" | "findings";
