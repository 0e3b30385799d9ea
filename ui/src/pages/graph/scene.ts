/** The geometry of a drawn graph: where lines run, what lies under a point, which box is next. Pure; painting is elsewhere. */

import type { Area, Layout, Place } from "./layout";
import type { DrawnEdge, DrawnGroup, DrawnNode, Picture } from "./picture";

export interface SceneNode extends DrawnNode, Place {}

export interface SceneGroup extends Area {
  group: DrawnGroup;
}

/** A line as a cubic curve: ends and control points, with the box around it. */
export interface SceneEdge {
  edge: DrawnEdge;
  points: [Place, Place, Place, Place];
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Scene {
  nodes: SceneNode[];
  byId: Map<string, SceneNode>;
  edges: SceneEdge[];
  edgeById: Map<string, SceneEdge>;
  groups: SceneGroup[];
  width: number;
  height: number;
}

/** What the screen shows: `screen = world * scale + (x, y)`. */
export interface View extends Place {
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export function sceneOf(picture: Picture, { places, areas, width, height }: Layout): Scene {
  const nodes = picture.nodes.flatMap((node) => {
    const place = places[node.id];
    return place ? [{ ...node, ...place }] : [];
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const edges = picture.edges.flatMap((edge) => {
    const [source, target] = [byId.get(edge.source), byId.get(edge.target)];
    return source && target ? [curved(edge, source, target)] : [];
  });
  const groups = picture.groups.flatMap((group) => {
    const area = areas[group.id];
    return area ? [{ ...area, group }] : [];
  });
  return { nodes, byId, edges, edgeById: new Map(edges.map((one) => [one.edge.id, one])), groups, width, height };
}

/**
 * A line that leaves and arrives level, as one reads: out at the right, in at the left. Backwards it leaves at the left; between
 * boxes of one column it bows out at the side.
 */
function curved(edge: DrawnEdge, source: SceneNode, target: SceneNode): SceneEdge {
  const ahead = target.x - target.width / 2 - (source.x + source.width / 2);
  const behind = source.x - source.width / 2 - (target.x + target.width / 2);
  const [outSide, inSide] = ahead > 12 ? [1, -1] : behind > 12 ? [-1, 1] : [1, 1];
  const from = { x: source.x + (outSide * source.width) / 2, y: source.y };
  const to = { x: target.x + (inSide * target.width) / 2, y: target.y };
  const level = outSide !== inSide;
  const reach = level ? Math.min(Math.max(Math.abs(to.x - from.x) / 2, 18), 150) : 26 + Math.abs(to.y - from.y) * 0.1;
  const points: SceneEdge["points"] = [
    from,
    { x: from.x + outSide * reach, y: from.y },
    { x: to.x + inSide * reach, y: to.y },
    to,
  ];
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  return {
    edge,
    points,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

/** A point of a cubic curve; `t` from 0 to 1. */
export function along([a, b, c, d]: SceneEdge["points"], t: number): Place {
  const u = 1 - t;
  const [p, q, r, s] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: p * a.x + q * b.x + r * c.x + s * d.x, y: p * a.y + q * b.y + r * c.y + s * d.y };
}

export type Hit = { what: "node" | "edge" | "group"; id: string } | null;

const SEGMENTS = 14;

/** What lies under a point of the world. `reach` is how near a line counts as hit, in world units. */
export function hit(scene: Scene, at: Place, reach: number): Hit {
  for (let index = scene.nodes.length - 1; index >= 0; index--) {
    const node = scene.nodes[index]!;
    if (Math.abs(at.x - node.x) <= node.width / 2 && Math.abs(at.y - node.y) <= node.height / 2)
      return { what: "node", id: node.id };
  }
  let best: string | null = null;
  let least = reach;
  for (const one of scene.edges) {
    if (at.x < one.left - reach || at.x > one.right + reach || at.y < one.top - reach || at.y > one.bottom + reach)
      continue;
    let previous = one.points[0];
    for (let step = 1; step <= SEGMENTS; step++) {
      const next = along(one.points, step / SEGMENTS);
      const away = distance(at, previous, next);
      if (away < least) {
        least = away;
        best = one.edge.id;
      }
      previous = next;
    }
  }
  if (best !== null) return { what: "edge", id: best };
  for (const group of scene.groups) {
    if (Math.abs(at.x - group.x) <= group.width / 2 && Math.abs(at.y - group.y) <= group.height / 2)
      return { what: "group", id: group.group.id };
  }
  return null;
}

/** From a point to a straight piece of line. */
function distance(at: Place, from: Place, to: Place): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(Math.max(((at.x - from.x) * dx + (at.y - from.y) * dy) / length, 0), 1);
  return Math.hypot(at.x - from.x - t * dx, at.y - from.y - t * dy);
}

/** The nearest box in a direction; distance across counts double. From nowhere: the box at the upper left. */
export function nearest(scene: Scene, from: string | null, dx: number, dy: number): SceneNode | null {
  const here = from === null ? undefined : scene.byId.get(from);
  let best: SceneNode | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const node of scene.nodes) {
    if (node === here) continue;
    const [x, y] = here ? [node.x - here.x, node.y - here.y] : [node.x, node.y];
    const ahead = here ? x * dx + y * dy : x + y;
    if (here && ahead <= 1) continue;
    const cost = here ? ahead + 2 * Math.abs(x * dy + y * dx) : ahead;
    if (cost < least) {
      least = cost;
      best = node;
    }
  }
  return best;
}

/** Room for the legend below and the numbers above. */
const MARGIN = { x: 24, top: 28, bottom: 54 };
/** A small graph is not blown up. */
const LARGEST = 1.3;

/** The view that shows everything. */
export function fitted(scene: Scene, size: Size): View {
  const [width, height] = [
    Math.max(size.width - 2 * MARGIN.x, 40),
    Math.max(size.height - MARGIN.top - MARGIN.bottom, 40),
  ];
  const scale = Math.min(width / Math.max(scene.width, 1), height / Math.max(scene.height, 1), LARGEST);
  return { scale, x: MARGIN.x + width / 2, y: MARGIN.top + height / 2 };
}

/** The same view, closer or further, with the point of the screen standing still. */
export function zoomed(view: View, factor: number, at: Place): View {
  const scale = Math.min(Math.max(view.scale * factor, 0.03), 4);
  const by = scale / view.scale;
  return { scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by };
}

export function toWorld(view: View, at: Place): Place {
  return { x: (at.x - view.x) / view.scale, y: (at.y - view.y) / view.scale };
}

/** The view moved so that a box lies well inside the screen; the same view if it does already. */
export function revealed(view: View, node: SceneNode, size: Size): View {
  const [x, y] = [node.x * view.scale + view.x, node.y * view.scale + view.y];
  const edge = 40;
  if (x > edge && x < size.width - edge && y > edge && y < size.height - edge) return view;
  return { ...view, x: size.width / 2 - node.x * view.scale, y: size.height / 2 - node.y * view.scale };
}

/** What stands out: the selected thing with its neighbours, or what was searched for. Null: nothing does, all are equal. */
export interface Focus {
  nodes: Set<string>;
  edges: Set<string>;
}

export function focusOf(
  scene: Scene,
  selected: string | null,
  selectedEdge: string | null,
  found: Set<string> | null,
): Focus | null {
  if (selectedEdge !== null) {
    const one = scene.edgeById.get(selectedEdge);
    if (one) return { nodes: new Set([one.edge.source, one.edge.target]), edges: new Set([selectedEdge]) };
  }
  if (selected !== null) {
    if (scene.byId.has(selected)) return around(scene, new Set([selected]), true);
    const inside = new Set(scene.nodes.filter((node) => node.group === selected).map((node) => node.id));
    if (inside.size > 0) return around(scene, inside, false);
  }
  return found === null ? null : around(scene, found, false);
}

/** Some boxes with the lines that touch them, and, if wanted, who is at the other ends. */
function around(scene: Scene, inside: Set<string>, neighbours: boolean): Focus {
  const focus: Focus = { nodes: new Set(inside), edges: new Set() };
  for (const { edge } of scene.edges) {
    if (!inside.has(edge.source) && !inside.has(edge.target)) continue;
    focus.edges.add(edge.id);
    if (neighbours) focus.nodes.add(edge.source).add(edge.target);
  }
  return focus;
}
