/**
 * Paints a scene on a canvas. Lines and boxes of one look share one path, so that a thousand boxes and some thousand lines take a few
 * milliseconds; what is outside the screen, and text too small to read, is not painted at all.
 */

import { count } from "~/format/numbers";
import type { Lens } from "./lens";
import { verdictOfEdge } from "./picture";
import { along, type Focus, type Scene, type SceneEdge, type SceneNode, type Size, type View } from "./scene";

export type Palette = Record<string, string>;

const TOKENS = [
  "page",
  "surface",
  "sunken",
  "hover",
  "selected",
  "line",
  "line-strong",
  "text",
  "text-2",
  "text-3",
  "accent",
  "accent-soft",
  "focus",
  "edge",
  "denied",
  "denied-soft",
  "unknown",
  "good",
  "good-soft",
  "medium",
  "medium-soft",
  "high",
  "high-soft",
  "critical",
  "critical-soft",
  "added",
];

/** The theme's colours, as they are now. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(TOKENS.map((token) => [token, style.getPropertyValue(`--${token}`).trim()]));
}

export interface State {
  lens: Lens;
  comparing: boolean;
  focus: Focus | null;
  found: Set<string> | null;
  selected: string | null;
  selectedEdge: string | null;
  /** Under the pointer. */
  over: string | null;
  /** Reached with arrow keys. */
  walked: string | null;
}

const FONT = "Inter, sans-serif";
const MONO = '"JetBrains Mono", monospace';
/** Text that would be smaller than this on the screen is left out. */
const READABLE = 6.2;
/** Up to this many denied or changed lines carry their numbers unasked. */
const TOLD = 10;
/** Below this scale the arrows of allowed lines are left out: from there it is the streams that are read. */
const ARROWS = 0.22;

export function paint(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  size: Size,
  ratio: number,
  palette: Palette,
  state: State,
): void {
  const { scale } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = palette.page!;
  context.fillRect(0, 0, size.width, size.height);
  context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * view.x, ratio * view.y);
  const box = {
    left: -view.x / scale,
    top: -view.y / scale,
    right: (size.width - view.x) / scale,
    bottom: (size.height - view.y) / scale,
  };
  const visible = (x: number, y: number, width: number, height: number) =>
    x + width / 2 >= box.left &&
    x - width / 2 <= box.right &&
    y + height / 2 >= box.top &&
    y - height / 2 <= box.bottom;
  const hairline = 1 / scale;

  paintGroups(context, scene, palette, state, hairline, scale, visible);
  const edges = scene.edges.filter(
    (one) => one.right >= box.left && one.left <= box.right && one.bottom >= box.top && one.top <= box.bottom,
  );
  paintEdges(context, scene, edges, palette, state, scale);
  paintNodes(
    context,
    scene.nodes.filter((node) => visible(node.x, node.y, node.width, node.height)),
    palette,
    state,
    hairline,
    scale,
  );
  paintWords(context, edges, palette, state, scale);
}

function paintGroups(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  state: State,
  hairline: number,
  scale: number,
  visible: (x: number, y: number, width: number, height: number) => boolean,
): void {
  for (const { x, y, width, height, group } of scene.groups) {
    if (!visible(x, y, width, height)) continue;
    context.beginPath();
    context.roundRect(x - width / 2, y - height / 2, width, height, 8);
    context.fillStyle = palette.sunken!;
    context.fill();
    const chosen = state.selected === group.id || state.over === group.id;
    context.strokeStyle = chosen ? palette.accent! : palette.line!;
    context.lineWidth = chosen ? Math.max(2 * hairline, 1.5) : hairline;
    context.stroke();
    if (12 * scale < READABLE) continue;
    context.font = `600 12px ${FONT}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = palette["text-2"]!;
    context.fillText(group.label, x - width / 2 + 12, y - height / 2 + 14, width - 40);
    const label = context.measureText(group.label).width;
    context.font = `400 11px ${FONT}`;
    context.fillStyle = palette["text-3"]!;
    context.fillText(String(group.nodes), x - width / 2 + 18 + Math.min(label, width - 40), y - height / 2 + 14.5);
  }
}

interface LineLook {
  color: string;
  width: number;
  dash: number[];
  alpha: number;
  end: "arrow" | "tee" | "both" | "vee" | "none";
  rank: number;
}

const SOLID: number[] = [];

function lookOf(
  { edge }: SceneEdge,
  palette: Palette,
  state: State,
  thickness: (events: number) => number,
  quiet: number,
): LineLook {
  const verdict = verdictOfEdge(edge);
  const width = thickness(edge.events);
  const dimmed = state.focus !== null && !state.focus.edges.has(edge.id);
  const picked = state.focus?.edges.has(edge.id) || state.over === edge.id;
  const look: LineLook =
    verdict === "denied" || verdict === "partial"
      ? {
          color: palette.denied!,
          width: Math.max(width, 2.2),
          dash: SOLID,
          alpha: 1,
          end: verdict === "denied" ? "tee" : "both",
          rank: 2,
        }
      : verdict === "unknown"
        ? { color: palette.unknown!, width, dash: [5, 4], alpha: 0.9, end: "vee", rank: 1 }
        : { color: palette.edge!, width, dash: SOLID, alpha: quiet, end: "arrow", rank: 0 };
  if (state.lens === "exposure" && edge.encrypted === true && verdict === "allowed") look.color = palette.good!;
  if (state.comparing) {
    if (edge.change === "new")
      Object.assign(look, { color: palette.added!, alpha: 1, width: Math.max(width, 2.2), rank: 3 });
    else if (edge.change === "gone")
      Object.assign(look, { color: palette["text-3"]!, alpha: 1, dash: [1.5, 4], rank: 3 });
    else if (edge.change === "changed") Object.assign(look, { color: palette.medium!, alpha: 1, rank: 3 });
    else Object.assign(look, { alpha: 0.25, rank: 0 });
  }
  if (dimmed) Object.assign(look, { alpha: 0.1, rank: -1 });
  else if (picked)
    Object.assign(look, {
      alpha: 1,
      rank: look.rank + 4,
      width: edge.id === state.selectedEdge ? Math.max(look.width, 3.5) : look.width,
    });
  return look;
}

function paintEdges(
  context: CanvasRenderingContext2D,
  scene: Scene,
  edges: SceneEdge[],
  palette: Palette,
  state: State,
  scale: number,
): void {
  const sizes = scene.edges.map((one) => Math.log10(1 + one.edge.events));
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const one of sizes) {
    least = Math.min(least, one);
    most = Math.max(most, one);
  }
  const many = scene.edges.length > 150;
  // Six widths are all that an eye tells apart, and few looks mean few strokes.
  const thickness = (events: number) =>
    1 + Math.round((most > least ? (Math.log10(1 + events) - least) / (most - least) : 0.3) * 5) * (many ? 0.32 : 0.55);
  const quiet = scene.edges.length > 800 ? 0.42 : many ? 0.55 : 0.75;
  const looks = new Map<string, { look: LineLook; lines: SceneEdge[] }>();
  for (const one of edges) {
    const look = lookOf(one, palette, state, thickness, quiet);
    const key = `${look.rank}|${look.color}|${look.width}|${look.dash}|${look.alpha}|${look.end}`;
    const known = looks.get(key);
    if (known) known.lines.push(one);
    else looks.set(key, { look, lines: [one] });
  }
  for (const { look, lines } of [...looks.values()].sort((a, b) => a.look.rank - b.look.rank)) {
    context.globalAlpha = look.alpha;
    context.strokeStyle = look.color;
    context.fillStyle = look.color;
    context.lineWidth = Math.max(look.width, 0.9 / scale);
    context.setLineDash(look.dash);
    context.beginPath();
    for (const { points } of lines) {
      const [a, b, c, d] = points;
      context.moveTo(a.x, a.y);
      context.bezierCurveTo(b.x, b.y, c.x, c.y, d.x, d.y);
    }
    context.stroke();
    context.setLineDash(SOLID);
    if (scale >= ARROWS || look.rank > 0) paintEnds(context, lines, look);
  }
  context.globalAlpha = 1;
  if (state.lens === "exposure" && scale > 0.45)
    for (const one of edges)
      if (one.edge.encrypted === true && (!state.focus || state.focus.edges.has(one.edge.id)))
        paintLock(context, along(one.points, 0.5), palette);
}

/** Arrows and bars at the lines' ends. They arrive level, so the direction is left or right. */
function paintEnds(context: CanvasRenderingContext2D, lines: SceneEdge[], look: LineLook): void {
  if (look.end === "none") return;
  const length = 5 + look.width * 1.3;
  const half = 2.4 + look.width * 0.7;
  context.beginPath();
  for (const { points } of lines) {
    const tip = points[3];
    const way = points[2].x < tip.x ? -1 : 1;
    if (look.end === "tee" || look.end === "both")
      context.rect(tip.x + (way > 0 ? 1 : -3), tip.y - half - 2.5, 2.4, 2 * half + 5);
    if (look.end === "tee") continue;
    const start = look.end === "both" ? tip.x + way * 4 : tip.x;
    context.moveTo(start, tip.y);
    context.lineTo(start + way * length, tip.y - half);
    if (look.end === "vee") context.lineTo(start + way * length * 0.55, tip.y);
    context.lineTo(start + way * length, tip.y + half);
    context.closePath();
  }
  context.fill();
}

function paintLock(context: CanvasRenderingContext2D, at: { x: number; y: number }, palette: Palette): void {
  context.fillStyle = palette.page!;
  context.beginPath();
  context.arc(at.x, at.y, 7, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = palette.good!;
  context.fillRect(at.x - 3.6, at.y - 0.8, 7.2, 5);
  context.strokeStyle = palette.good!;
  context.lineWidth = 1.3;
  context.beginPath();
  context.arc(at.x, at.y - 1, 2.3, Math.PI, 0);
  context.stroke();
}

interface BoxLook {
  fill: string;
  border: string;
  width: number;
  dash: number[];
  dim: boolean;
}

function boxOf(node: SceneNode, palette: Palette, state: State): BoxLook {
  const look: BoxLook = {
    fill: palette.surface!,
    border: palette["line-strong"]!,
    width: 1,
    dash: SOLID,
    dim: state.focus !== null && !state.focus.nodes.has(node.id),
  };
  if (node.kind === "address") look.fill = palette.page!;
  if (node.unknown) Object.assign(look, { border: palette.unknown!, dash: [3, 3] });
  if (node.holds) Object.assign(look, { border: palette["text-3"]!, width: 1.2 });
  if (state.lens === "health") {
    if (node.health === "ok") Object.assign(look, { border: palette.good!, fill: palette["good-soft"]! });
    if (node.health === "degraded")
      Object.assign(look, { border: palette.medium!, fill: palette["medium-soft"]!, width: 1.8, dash: [4, 3] });
    if (node.health === "failing")
      Object.assign(look, { border: palette.denied!, fill: palette["denied-soft"]!, width: 2.6 });
  } else if (state.lens === "exposure") {
    if (node.exposure === "internet")
      Object.assign(look, { border: palette.high!, fill: palette["high-soft"]!, width: 2.2 });
    if (node.exposure === "unknown") Object.assign(look, { border: palette.unknown!, dash: [3, 3] });
  } else if (state.lens === "findings") {
    if (node.high) Object.assign(look, { border: palette.high!, fill: palette["high-soft"]!, width: 1.6 });
    if (node.critical) Object.assign(look, { border: palette.critical!, fill: palette["critical-soft"]!, width: 2.4 });
  } else if (node.critical) Object.assign(look, { border: palette.critical!, width: 1.3 });
  else if (node.high) Object.assign(look, { border: palette.high! });
  if (state.found?.has(node.id))
    Object.assign(look, { border: palette.accent!, fill: palette["accent-soft"]!, width: 2.2, dash: SOLID });
  if (state.over === node.id) Object.assign(look, { border: palette.accent!, width: 2, dash: SOLID });
  if (state.selected === node.id)
    Object.assign(look, { border: palette.accent!, fill: palette.selected!, width: 2.6, dash: SOLID });
  if (state.walked === node.id) Object.assign(look, { border: palette.focus!, width: 3, dash: SOLID, dim: false });
  return look;
}

function paintNodes(
  context: CanvasRenderingContext2D,
  nodes: SceneNode[],
  palette: Palette,
  state: State,
  hairline: number,
  scale: number,
): void {
  const looks = new Map<string, { look: BoxLook; nodes: SceneNode[] }>();
  for (const node of nodes) {
    const look = boxOf(node, palette, state);
    const key = `${look.dim}|${look.fill}|${look.border}|${look.width}|${look.dash}`;
    const known = looks.get(key);
    if (known) known.nodes.push(node);
    else looks.set(key, { look, nodes: [node] });
  }
  const readable = 11.5 * scale >= READABLE;
  for (const { look, nodes: alike } of [...looks.values()].sort((a, b) => Number(b.look.dim) - Number(a.look.dim))) {
    context.globalAlpha = look.dim ? 0.3 : 1;
    context.beginPath();
    for (const node of alike) outline(context, node);
    context.fillStyle = look.fill;
    context.fill();
    context.strokeStyle = look.border;
    context.lineWidth = Math.max(look.width, hairline * Math.min(look.width, 2));
    context.setLineDash(look.dash);
    context.stroke();
    context.setLineDash(SOLID);
    if (readable) for (const node of alike) name(context, node, palette);
  }
  context.globalAlpha = 1;
}

/** A card; an address outside the cluster has a point, like a label on a parcel; a closed group shows an edge of the pile beneath. */
function outline(context: CanvasRenderingContext2D, { x, y, width, height, kind, holds }: SceneNode): void {
  const [left, top] = [x - width / 2, y - height / 2];
  if (holds) {
    context.roundRect(left, top, width, height, 6);
    context.moveTo(left + 5, top + height + 3);
    context.lineTo(left + width - 5, top + height + 3);
  } else if (kind === "address") {
    context.moveTo(left + 4, top);
    context.lineTo(left + width - 8, top);
    context.lineTo(left + width, y);
    context.lineTo(left + width - 8, top + height);
    context.lineTo(left + 4, top + height);
    context.quadraticCurveTo(left, top + height, left, top + height - 4);
    context.lineTo(left, top + 4);
    context.quadraticCurveTo(left, top, left + 4, top);
  } else context.roundRect(left, top, width, height, 5);
}

function name(context: CanvasRenderingContext2D, node: SceneNode, palette: Palette): void {
  const { x, y, width } = node;
  const mark = node.critical ? "critical" : node.high ? "high" : null;
  const count = node.holds ? String(node.holds) : "";
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.font = `${node.holds ? 600 : 500} 11.5px ${FONT}`;
  const room = width - 16 - (mark ? 12 : 0) - (count ? 8 + count.length * 7 : 0);
  const text = Math.min(context.measureText(node.label).width, room);
  let left =
    x -
    (text + (mark ? 12 : 0) + (count ? 8 + count.length * 7 : 0)) / 2 -
    (node.kind === "address" && !node.holds ? 3 : 0);
  if (mark) {
    context.fillStyle = palette[mark]!;
    context.beginPath();
    if (mark === "critical") {
      context.moveTo(left + 4, y - 4.5);
      context.lineTo(left + 8.5, y);
      context.lineTo(left + 4, y + 4.5);
      context.lineTo(left - 0.5, y);
    } else {
      context.moveTo(left + 4, y - 4.5);
      context.lineTo(left + 8.5, y + 3.5);
      context.lineTo(left - 0.5, y + 3.5);
    }
    context.fill();
    left += 12;
  }
  context.fillStyle = node.kind === "address" ? palette["text-2"]! : palette.text!;
  context.fillText(node.label, left, y + 0.5, room);
  if (count) {
    context.font = `400 11px ${FONT}`;
    context.fillStyle = palette["text-3"]!;
    context.fillText(count, left + text + 7, y + 0.5);
  }
}

/** Port and number on lines: of those picked out, and of the few that were denied or changed. */
function paintWords(
  context: CanvasRenderingContext2D,
  edges: SceneEdge[],
  palette: Palette,
  state: State,
  scale: number,
): void {
  const notable = (one: SceneEdge) =>
    state.comparing ? one.edge.change !== null && one.edge.change !== "same" : one.edge.denied > 0;
  const few = edges.filter(notable).length <= TOLD;
  const told = edges.filter((one) => {
    if (state.over === one.edge.id) return true;
    if (state.focus) return state.focus.edges.has(one.edge.id) && state.focus.edges.size <= 40;
    return few && notable(one) && (state.lens === "verdict" || state.comparing);
  });
  // Words keep their size on the screen: on a far view they would be unreadable, on a near one huge.
  const font = 10.5 / Math.min(Math.max(scale, 0.55), 1.4);
  context.font = `500 ${font}px ${MONO}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const one of told) {
    const { edge } = one;
    const port = edge.ports.length === 1 ? edge.ports[0]! : `${edge.ports.length} ports`;
    const words = `${port}${edge.encrypted === true ? " enc" : ""}${edge.denied ? `  ${count(edge.denied)} denied` : ""}${state.comparing && edge.change && edge.change !== "same" ? `  ${edge.change}` : ""}`;
    const at = along(one.points, 0.5);
    const width = context.measureText(words).width + font;
    context.fillStyle = palette.surface!;
    context.globalAlpha = 0.94;
    context.beginPath();
    context.roundRect(at.x - width / 2, at.y - font * 0.8, width, font * 1.6, font * 0.3);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = edge.denied ? palette.denied! : palette["text-2"]!;
    context.fillText(words, at.x, at.y + font * 0.06);
  }
}
