/**
 * Where the boxes of the graph stand. Pure and deterministic: the same graph always looks the same, so nothing jumps.
 *
 * Two levels, one idea. Inside a group, and between groups, traffic is read from left to right: who only asks stands left, who only
 * answers stands right. Ranks come from the longest path once the lightest edges that close a circle are left out; the order within a
 * column from the mean place of the neighbours (four sweeps). Columns that would grow too tall are broken, so that the whole keeps the
 * shape of the screen.
 */

export interface Box {
  id: string;
  width: number;
  height: number;
  group: string | null;
}

export interface Link {
  source: string;
  target: string;
  weight: number;
}

export interface Place {
  x: number;
  y: number;
}

export interface Area extends Place {
  width: number;
  height: number;
}

export interface Layout {
  /** Centres of the boxes. */
  places: Record<string, Place>;
  /** Centres and sizes of the groups. */
  areas: Record<string, Area>;
  width: number;
  height: number;
}

const GAP_X = 46;
const GAP_Y = 9;
const PADDING = 14;
const HEAD = 22;
const GROUP_GAP_X = 74;
const GROUP_GAP_Y = 26;

interface Item {
  id: string;
  width: number;
  height: number;
}

/** The middle of the whole is at (0, 0). `aspect` is the width of the screen over its height. */
export function layout(boxes: Box[], links: Link[], aspect: number): Layout {
  const groupOf = new Map(boxes.map((box) => [box.id, box.group]));
  const members = new Map<string, Box[]>();
  const loose: Box[] = [];
  for (const box of boxes) {
    if (box.group === null) loose.push(box);
    else (members.get(box.group) ?? members.set(box.group, []).get(box.group)!).push(box);
  }

  const inside = new Map<string, Link[]>();
  const between = new Map<string, Link>();
  for (const link of links) {
    const [from, to] = [groupOf.get(link.source), groupOf.get(link.target)];
    if (from === undefined || to === undefined) continue;
    if (from !== null && from === to) {
      (inside.get(from) ?? inside.set(from, []).get(from)!).push(link);
      continue;
    }
    const [source, target] = [from ?? link.source, to ?? link.target];
    const key = `${source}\0${target}`;
    const known = between.get(key);
    if (known) known.weight += link.weight;
    else between.set(key, { source, target, weight: link.weight });
  }

  const blocks = new Map<string, Block>();
  const items: Item[] = loose.map(({ id, width, height }) => ({ id, width, height }));
  for (const [group, own] of members) {
    const block = arrange(own, inside.get(group) ?? [], 1.5, GAP_X, GAP_Y);
    blocks.set(group, block);
    items.push({ id: group, width: block.width + 2 * PADDING, height: block.height + 2 * PADDING + HEAD });
  }

  const whole = arrange(items, [...between.values()], aspect, GROUP_GAP_X, GROUP_GAP_Y);
  const places: Record<string, Place> = {};
  const areas: Record<string, Area> = {};
  for (const item of items) {
    const at = whole.places.get(item.id)!;
    const block = blocks.get(item.id);
    if (!block) {
      places[item.id] = at;
      continue;
    }
    areas[item.id] = { ...at, width: item.width, height: item.height };
    for (const [id, place] of block.places) places[id] = { x: at.x + place.x, y: at.y + place.y + HEAD / 2 };
  }
  return { places, areas, width: whole.width, height: whole.height };
}

interface Block {
  /** Centres, from the middle of the block. */
  places: Map<string, Place>;
  width: number;
  height: number;
}

/** Columns from left to right, broken where they would be taller than the wanted shape allows. */
function arrange(items: Item[], links: Link[], aspect: number, gapX: number, gapY: number): Block {
  if (items.length === 0) return { places: new Map(), width: 0, height: 0 };
  const ranks = ranked(items, links);
  const neighbours = new Map<string, string[]>();
  const touch = (one: string, other: string) => (neighbours.get(one) ?? neighbours.set(one, []).get(one)!).push(other);
  for (const link of links) {
    if (link.source === link.target) continue;
    touch(link.source, link.target);
    touch(link.target, link.source);
  }

  // Who has no edge here says nothing about direction: those stand together at the end.
  const alone = items.filter((item) => !neighbours.has(item.id)).sort((a, b) => compare(a.id, b.id));
  const ordered = items
    .filter((item) => neighbours.has(item.id))
    .sort((a, b) => ranks.get(a.id)! - ranks.get(b.id)! || compare(a.id, b.id));
  const area = items.reduce((sum, item) => sum + (item.width + gapX) * (item.height + gapY), 0);
  const highest = Math.max(...items.map((item) => item.height));
  // How tall columns may grow, and how full one must be before a new rank opens the next, decide the shape. Of some choices the one is
  // taken that comes closest to the wanted shape and keeps most edges between columns.
  let tallest = highest;
  let columns: Item[][] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const factor of [0.7, 0.85, 1, 1.15, 1.3, 1.5, 1.75, 2.1, 2.6]) {
    for (const fill of [0, 0.35, 0.7]) {
      const limit = Math.max(Math.sqrt(area / aspect) * factor, highest);
      const tried = broken(ordered, ranks, limit, fill, gapY);
      const kept = tried.map((column) => [...column]);
      const within = inColumn(tried, links);
      stack(tried, alone, limit, gapY);
      const { width, height } = extent(tried, gapX, gapY);
      const miss = Math.abs(Math.log(width / Math.max(height, 1) / aspect)) + 1.2 * within;
      if (miss < best - 1e-9) {
        best = miss;
        columns = kept;
        tallest = limit;
      }
    }
  }

  const order = new Map<string, number>();
  const number = () => {
    for (const column of columns)
      for (const [at, item] of column.entries()) order.set(item.id, (at + 0.5) / column.length);
  };
  number();
  const columnOf = new Map(columns.flatMap((column, at) => column.map((item) => [item.id, at] as const)));
  for (let sweep = 0; sweep < 4; sweep++) {
    const forward = sweep % 2 === 0;
    for (let step = 0; step < columns.length; step++) {
      const at = forward ? step : columns.length - 1 - step;
      const column = columns[at]!;
      const wish = new Map(
        column.map((item) => {
          const near = neighbours.get(item.id)!.filter((one) => columnOf.get(one) !== at && order.has(one));
          return [
            item.id,
            near.length ? near.reduce((sum, one) => sum + order.get(one)!, 0) / near.length : order.get(item.id)!,
          ];
        }),
      );
      column.sort((a, b) => wish.get(a.id)! - wish.get(b.id)! || compare(a.id, b.id));
      for (const [place, item] of column.entries()) order.set(item.id, (place + 0.5) / column.length);
    }
  }

  stack(columns, alone, tallest, gapY);

  const widths = columns.map((column) => Math.max(...column.map((item) => item.width)));
  const heights = columns.map(
    (column) => column.reduce((sum, item) => sum + item.height, 0) + gapY * (column.length - 1),
  );
  const width = widths.reduce((sum, one) => sum + one, 0) + gapX * (columns.length - 1);
  const full = Math.max(...heights);
  const places = new Map<string, Place>();
  let x = -width / 2;
  for (const [at, column] of columns.entries()) {
    // A short column spreads a little, so that edges fan out instead of bunching.
    const spare = column.length > 1 ? Math.min((full - heights[at]!) / (column.length - 1), gapY * 2) : 0;
    let y = -(heights[at]! + spare * (column.length - 1)) / 2;
    for (const item of column) {
      places.set(item.id, { x: x + widths[at]! / 2, y: y + item.height / 2 });
      y += item.height + gapY + spare;
    }
    x += widths[at]! + gapX;
  }
  return { places, width, height: full };
}

/** Columns of those that have neighbours: a new one where the last is full, or where a new rank begins and the last is filled enough. */
function broken(ordered: Item[], ranks: Map<string, number>, tallest: number, fill: number, gapY: number): Item[][] {
  const columns: Item[][] = [];
  let height = 0;
  let rank = -1;
  for (const item of ordered) {
    const own = ranks.get(item.id)!;
    if (columns.length === 0 || height + item.height > tallest || (own !== rank && height > tallest * fill)) {
      columns.push([]);
      height = 0;
    }
    rank = own;
    columns[columns.length - 1]!.push(item);
    height += item.height + gapY;
  }
  return columns;
}

/** Those without neighbours fill what is left of the last column, then columns of their own. */
function stack(columns: Item[][], alone: Item[], tallest: number, gapY: number): void {
  let last = columns.at(-1);
  let height = last ? last.reduce((sum, item) => sum + item.height + gapY, 0) : 0;
  for (const item of alone) {
    if (!last || height + item.height > tallest) {
      last = [];
      columns.push(last);
      height = 0;
    }
    last.push(item);
    height += item.height + gapY;
  }
}

/** The share of edges whose two ends stand in one column. */
function inColumn(columns: Item[][], links: Link[]): number {
  if (links.length === 0) return 0;
  const columnOf = new Map(columns.flatMap((column, at) => column.map((item) => [item.id, at] as const)));
  return links.filter((link) => columnOf.get(link.source) === columnOf.get(link.target)).length / links.length;
}

function extent(columns: Item[][], gapX: number, gapY: number): { width: number; height: number } {
  return {
    width: columns.reduce(
      (sum, column) => sum + Math.max(...column.map((item) => item.width)),
      gapX * (columns.length - 1),
    ),
    height: Math.max(
      ...columns.map((column) => column.reduce((sum, item) => sum + item.height, gapY * (column.length - 1))),
    ),
  };
}

/** Longest-path ranks, after leaving out the lightest edges that close circles. */
function ranked(items: Item[], links: Link[]): Map<string, number> {
  const known = new Set(items.map((item) => item.id));
  const sorted = links
    .filter((link) => link.source !== link.target && known.has(link.source) && known.has(link.target))
    .sort((a, b) => b.weight - a.weight || compare(a.source, b.source) || compare(a.target, b.target));
  const position = sequence(items, sorted);
  const incoming = new Map<string, string[]>();
  for (const link of sorted) {
    if (position.get(link.source)! < position.get(link.target)!)
      (incoming.get(link.target) ?? incoming.set(link.target, []).get(link.target)!).push(link.source);
  }
  const ranks = new Map<string, number>();
  for (const id of [...position.keys()].sort((a, b) => position.get(a)! - position.get(b)!)) {
    ranks.set(id, Math.max(-1, ...(incoming.get(id) ?? []).map((one) => ranks.get(one)!)) + 1);
  }
  return ranks;
}

/**
 * An order in which few and light edges point backwards: sources first, sinks last, else whoever sends most in relation to
 * what it receives (the greedy heuristic of Eades, Lin and Smyth for the feedback arc set).
 */
function sequence(items: Item[], links: Link[]): Map<string, number> {
  const out = new Map<string, number>();
  const into = new Map<string, number>();
  const next = new Map<string, Link[]>();
  const previous = new Map<string, Link[]>();
  for (const item of items) {
    out.set(item.id, 0);
    into.set(item.id, 0);
    next.set(item.id, []);
    previous.set(item.id, []);
  }
  for (const link of links) {
    const weight = 1 + Math.log1p(link.weight);
    out.set(link.source, out.get(link.source)! + weight);
    into.set(link.target, into.get(link.target)! + weight);
    next.get(link.source)!.push(link);
    previous.get(link.target)!.push(link);
  }
  const left = new Set([...items].map((item) => item.id).sort(compare));
  const head: string[] = [];
  const tail: string[] = [];
  const nearly = (value: number) => value < 1e-9;
  const take = (id: string) => {
    left.delete(id);
    for (const link of next.get(id)!)
      if (left.has(link.target)) into.set(link.target, into.get(link.target)! - (1 + Math.log1p(link.weight)));
    for (const link of previous.get(id)!)
      if (left.has(link.source)) out.set(link.source, out.get(link.source)! - (1 + Math.log1p(link.weight)));
  };
  while (left.size > 0) {
    let moved = true;
    while (moved) {
      moved = false;
      for (const id of left) {
        if (nearly(out.get(id)!)) {
          take(id);
          tail.push(id);
          moved = true;
        } else if (nearly(into.get(id)!)) {
          take(id);
          head.push(id);
          moved = true;
        }
      }
    }
    let best: string | undefined;
    for (const id of left)
      if (best === undefined || out.get(id)! - into.get(id)! > out.get(best)! - into.get(best)!) best = id;
    if (best === undefined) break;
    take(best);
    head.push(best);
  }
  return new Map([...head, ...tail.reverse()].map((id, at) => [id, at]));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
