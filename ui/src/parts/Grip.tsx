/** What drawer and dock are resized by: a separator that is dragged, or moved with the arrow keys, and a size that is kept. */

import { type PointerEvent, useState } from "react";
import styles from "./grip.module.css";

const STEP = 24;

/** Which side of its box the grip is on, and so which way makes it larger. */
type Edge = "left" | "top";

interface Size {
  key: string;
  usual: number;
  least: number;
  most: number;
  /** The largest share of the window it may take. */
  share: number;
}

const WINDOW = { left: () => innerWidth, top: () => innerHeight };
const KEYS: Record<Edge, Record<string, number>> = {
  left: { ArrowLeft: STEP, ArrowRight: -STEP },
  top: { ArrowUp: STEP, ArrowDown: -STEP },
};

/** A size in pixels that this browser remembers under `key`, and the grip that changes it. */
export function useGrip(edge: Edge, label: string, { key, usual, least, most, share }: Size) {
  const [size, setSize] = useState(() => {
    const stored = Number(globalThis.localStorage?.getItem(key));
    return stored >= least && stored <= most ? stored : usual;
  });
  const resize = (next: number) => {
    const clamped = Math.min(Math.max(next, least), Math.round(WINDOW[edge]() * share));
    setSize(clamped);
    localStorage.setItem(key, String(clamped));
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = event.currentTarget.parentElement!.getBoundingClientRect();
    resize(edge === "left" ? box.right - event.clientX : box.bottom - event.clientY);
  };
  const grip = (
    <div
      className={styles.grip}
      data-edge={edge}
      role="separator"
      aria-orientation={edge === "left" ? "vertical" : "horizontal"}
      aria-label={label}
      aria-valuenow={size}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        const step = KEYS[edge][event.key];
        if (step) resize(size + step);
      }}
    />
  );
  return { size, grip };
}
