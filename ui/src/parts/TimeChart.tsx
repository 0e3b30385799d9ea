import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { Histogram } from "~/api/types";
import { useNow } from "~/context/useConsole";
import { count, exact, share } from "~/format/numbers";
import { moment } from "~/format/time";
import styles from "./chart.module.css";

/** What a series means, so that it gets the colour of its meaning. What should catch the eye stands at the bottom. */
const MEANINGS: Record<string, { token: string; rank: number }> = {
  denied: { token: "--denied", rank: 0 },
  error: { token: "--denied", rank: 0 },
  SERVFAIL: { token: "--denied", rank: 0 },
  "5xx": { token: "--denied", rank: 0 },
  audit: { token: "--medium", rank: 1 },
  "4xx": { token: "--medium", rank: 1 },
  NXDOMAIN: { token: "--medium", rank: 1 },
  exec_failed: { token: "--medium", rank: 1 },
  unknown: { token: "--unknown", rank: 2 },
  none: { token: "--unknown", rank: 2 },
  exit: { token: "--unknown", rank: 2 },
};
const ORDINARY = { token: "--allowed-fill", rank: 3 };

interface Props {
  histogram: Histogram;
  height: number;
  label: string;
  onBrush?: (from: number, to: number) => void;
  /** Shows totals and shares beside the names. */
  legend?: boolean;
}

/** Counts over time as stacked bars. Dragging chooses a window; hovering reads a bar. */
export default function TimeChart({ histogram, height, label, onBrush, legend = false }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const brush = useRef(onBrush);
  brush.current = onBrush;
  const scheme = useComputedColorScheme();
  const now = useNow();
  const [hovered, setHovered] = useState<number | null>(null);

  const series = useMemo(
    () =>
      histogram.series
        .map((one) => ({
          ...one,
          ...(MEANINGS[one.name] ?? ORDINARY),
          total: one.counts.reduce((sum, value) => sum + value, 0),
        }))
        .filter((one) => one.total > 0 || histogram.series.length === 1)
        .sort((a, b) => a.rank - b.rank),
    [histogram],
  );
  const data = useMemo<uPlot.AlignedData>(() => {
    const start = Date.parse(histogram.from) / 1000;
    const buckets = histogram.series[0]?.counts.length ?? 0;
    const times = Array.from({ length: buckets }, (_, index) => start + (index + 0.5) * histogram.step);
    const running = new Array<number>(buckets).fill(0);
    const sums = series.map((one) => one.counts.map((value, index) => (running[index] = running[index]! + value)));
    // The tallest sum is drawn first, the others over it.
    return [times, ...sums.reverse()];
  }, [histogram, series]);
  const shape = series.map((one) => one.name).join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot only where its form or the theme changes; data follows below
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const color = (token: string) => style.getPropertyValue(token).trim();
    const axis = {
      stroke: color("--text-3"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      font: "11px Inter, sans-serif",
    };
    const bars = uPlot.paths.bars!({ size: [0.86, 40], gap: 0 });
    const made = new uPlot(
      {
        width: Math.max(element.clientWidth, 50),
        height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          points: { show: false },
          drag: { x: onBrush !== undefined, y: false, setScale: false },
          bind: { dblclick: () => null },
        },
        select: { show: true, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: true, range: (self, min, max) => spread(self, min, max) },
          y: { range: (_self, _min, max) => [0, max > 0 ? max * 1.04 : 1] },
        },
        axes: [
          {
            ...axis,
            space: 70,
            size: 22,
            gap: 3,
            grid: { show: false },
            values: (_self, ticks, _axis, _space, step) => ticks.map((tick) => tickText(tick, step)),
          },
          { ...axis, size: 42, gap: 4, space: 26, values: (_self, ticks) => ticks.map((tick) => count(tick)) },
        ],
        series: [
          {},
          ...[...series]
            .reverse()
            .map((one) => ({ fill: color(one.token), width: 0, paths: bars, points: { show: false } })),
        ],
        hooks: {
          setCursor: [
            (self) =>
              setHovered(self.cursor.left !== undefined && self.cursor.left >= 0 ? (self.cursor.idx ?? null) : null),
          ],
          setSelect: [
            (self) => {
              if (self.select.width > 3) {
                const [left, right] = [
                  self.posToVal(self.select.left, "x"),
                  self.posToVal(self.select.left + self.select.width, "x"),
                ];
                brush.current?.(Math.round(left * 1000), Math.round(right * 1000));
              }
              self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(
      () => element.clientWidth > 0 && made.setSize({ width: element.clientWidth, height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, height, scheme, onBrush === undefined]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);

  const total = series.reduce((sum, one) => sum + one.total, 0);
  const start = Date.parse(histogram.from);
  const spoken = `${label}: ${series.map((one) => `${exact(one.total)} ${one.name}`).join(", ") || "none"}`;
  return (
    <figure className={styles.chart}>
      <div
        ref={host}
        role="img"
        aria-label={spoken}
        className={onBrush ? styles.brushable : undefined}
        style={{ height }}
      />
      {legend && (
        <figcaption className={styles.legend}>
          {hovered !== null && histogram.series[0]?.counts[hovered] !== undefined ? (
            <span className={styles.when}>{moment(start + hovered * histogram.step * 1000, now)}</span>
          ) : (
            <span className={styles.when}>total</span>
          )}
          {series.map((one) => (
            <span key={one.name} className={styles.key}>
              <i style={{ background: `var(${one.token})` }} />
              {one.name}
              <b>
                {hovered !== null && one.counts[hovered] !== undefined ? exact(one.counts[hovered]) : count(one.total)}
              </b>
              {hovered === null && series.length > 1 && <em>{share(one.total, total)}</em>}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

/** The x scale covers whole buckets, not only their middles. */
function spread(self: uPlot, min: number, max: number): [number, number] {
  const times = self.data[0];
  const half = times.length > 1 ? (times[1]! - times[0]!) / 2 : 30;
  return [min - half, max + half];
}

function tickText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (step >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0 && step >= 3600))
    return `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}${step < 60 ? `:${two(date.getSeconds())}` : ""}`;
}
