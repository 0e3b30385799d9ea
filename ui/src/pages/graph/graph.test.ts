import { describe, expect, it } from "vitest";
import type { Graph, GraphEdge, GraphNode } from "~/api/types";
import { type Box, type Link, layout } from "./layout";
import { expandedOf, matcher, picture, toggledGroup, verdictOfEdge } from "./picture";

/** A repeatable stream of numbers below one. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function crowd(size: number, groups: number, seed: number): { boxes: Box[]; links: Link[] } {
  const next = random(seed);
  const boxes = Array.from({ length: size }, (_, at) => ({
    id: `n${at}`,
    width: 60 + Math.floor(next() * 120),
    height: 22,
    group: at % 9 === 0 ? null : `g${at % groups}`,
  }));
  const links = Array.from({ length: size * 2 }, () => ({
    source: `n${Math.floor(next() * size)}`,
    target: `n${Math.floor(next() * size)}`,
    weight: Math.floor(next() * 1000),
  }));
  return { boxes, links };
}

function overlapping(areas: { id: string; x: number; y: number; width: number; height: number }[]): string[] {
  const found: string[] = [];
  for (const [at, a] of areas.entries())
    for (const b of areas.slice(at + 1))
      if (
        Math.abs(a.x - b.x) < (a.width + b.width) / 2 - 0.01 &&
        Math.abs(a.y - b.y) < (a.height + b.height) / 2 - 0.01
      )
        found.push(`${a.id} ${b.id}`);
  return found;
}

describe("layout", () => {
  it.each([1, 2, 3])("overlaps nothing and keeps boxes in their groups (%d)", (seed) => {
    const { boxes, links } = crowd(240, 11, seed);
    const { places, areas } = layout(boxes, links, 1.8);
    expect(Object.keys(places)).toHaveLength(240);
    expect(overlapping(boxes.map((box) => ({ ...box, ...places[box.id]! })))).toEqual([]);
    const outer = [
      ...Object.entries(areas).map(([id, area]) => ({ id, ...area })),
      ...boxes.filter((box) => box.group === null).map((box) => ({ ...box, ...places[box.id]! })),
    ];
    expect(overlapping(outer)).toEqual([]);
    for (const box of boxes) {
      if (box.group === null) continue;
      const [place, area] = [places[box.id]!, areas[box.group]!];
      expect(Math.abs(place.x - area.x) + box.width / 2).toBeLessThanOrEqual(area.width / 2);
      expect(Math.abs(place.y - area.y) + box.height / 2).toBeLessThanOrEqual(area.height / 2);
    }
  });

  it("is the same every time, in whatever order the boxes come", () => {
    const { boxes, links } = crowd(120, 7, 5);
    const first = layout(boxes, links, 1.5);
    expect(layout(boxes, links, 1.5)).toEqual(first);
    expect(layout([...boxes].reverse(), [...links].reverse(), 1.5).width).toBe(first.width);
  });

  it("reads a chain from left to right", () => {
    const boxes = ["a", "b", "c", "d"].map((id) => ({ id, width: 80, height: 22, group: null }));
    const links = [
      { source: "c", target: "d", weight: 5 },
      { source: "a", target: "b", weight: 5 },
      { source: "b", target: "c", weight: 5 },
    ];
    const { places } = layout(boxes, links, 12);
    expect(places.a!.x).toBeLessThan(places.b!.x);
    expect(places.b!.x).toBeLessThan(places.c!.x);
    expect(places.c!.x).toBeLessThan(places.d!.x);
  });

  it("bears circles, loops, unknown ends and nothing at all", () => {
    const boxes = ["a", "b"].map((id) => ({ id, width: 80, height: 22, group: "g" }));
    const links = [
      { source: "a", target: "b", weight: 1 },
      { source: "b", target: "a", weight: 9 },
      { source: "a", target: "a", weight: 1 },
      { source: "a", target: "nobody", weight: 1 },
    ];
    const { places } = layout(boxes, links, 1);
    expect(Object.keys(places).sort()).toEqual(["a", "b"]);
    expect(layout([], [], 1)).toMatchObject({ places: {}, areas: {} });
  });

  it("comes close to the shape of the screen", () => {
    const { boxes, links } = crowd(1000, 40, 9);
    for (const aspect of [1, 2]) {
      const { width, height } = layout(boxes, links, aspect);
      expect(width / height).toBeGreaterThan(aspect / 1.7);
      expect(width / height).toBeLessThan(aspect * 1.7);
    }
  });
});

const node = (id: string, parent: string | null, more: Partial<GraphNode> = {}): GraphNode => ({
  id,
  kind: "workload",
  name: id,
  namespace: parent ?? "",
  cluster: "c",
  parent,
  workloadKind: "Deployment",
  labels: {},
  findings: { critical: 0, high: 0 },
  unknown: false,
  health: null,
  exposure: null,
  ...more,
});
const edge = (source: string, target: string, more: Partial<GraphEdge> = {}): GraphEdge => ({
  id: `${source}${target}`,
  source,
  target,
  protocol: "tcp",
  port: 80,
  events: 10,
  bytes: 100,
  allowed: 10,
  denied: 0,
  unknown: 0,
  errors: 0,
  policies: [],
  encrypted: false,
  simulated: false,
  lastSeen: "2026-03-01T12:00:00Z",
  change: null,
  ...more,
});

describe("picture", () => {
  const graph: Graph = {
    nodes: [
      node("a", "g1"),
      node("b", "g1", { findings: { critical: 1, high: 0 } }),
      node("c", "g2"),
      node("in", "outside"),
      node("out", "outside"),
    ],
    edges: [
      edge("a", "c"),
      edge("b", "c", { port: 443, bytes: null, denied: 4, allowed: 6, encrypted: true }),
      edge("a", "b"),
      edge("in", "a"),
      edge("c", "out"),
    ],
    groups: [
      { id: "g1", name: "one", nodes: 2 },
      { id: "g2", name: "two", nodes: 1 },
      { id: "outside", name: "outside", nodes: 2 },
    ],
    truncated: null,
    window: { from: "", to: "" },
    compared: null,
    notes: [],
  };

  it("joins the edges of a collapsed group, and unknown bytes stay unknown", () => {
    const drawn = picture(graph, true, new Set(["g2"]), undefined);
    const group = drawn.nodes.find((one) => one.id === "g1")!;
    expect(group).toMatchObject({ holds: 2, critical: 1, label: "one" });
    const line = drawn.edges.find((one) => one.source === "g1" && one.target === "c")!;
    expect(line).toMatchObject({
      events: 20,
      bytes: null,
      denied: 4,
      encrypted: "some",
      ports: ["tcp/80", "tcp/443"],
      holds: 2,
    });
    expect(drawn.edges.some((one) => one.source === one.target)).toBe(false);
  });

  it("puts askers from outside left and answerers right", () => {
    const drawn = picture(graph, true, "all", undefined);
    expect(drawn.groups.map((group) => group.id).sort()).toEqual(["g1", "g2", "outside-in", "outside-out"]);
  });

  it("hides by word and pattern, with the edges", () => {
    expect(picture(graph, true, "all", "out, b").nodes.map((one) => one.id)).toEqual(["a", "c", "in"]);
    expect(matcher("api*old")!({ id: "workload/x/api-very-old", label: "" })).toBe(true);
    expect(matcher(" ")).toBeNull();
  });

  it("begins collapsed where there is too much", () => {
    expect(expandedOf(undefined, 100)).toBe("all");
    expect(expandedOf(undefined, 1000)).toBe("none");
    expect(expandedOf(undefined, 100, true)).toBe("none");
    expect(expandedOf("all", 1000)).toBe("all");
    expect(toggledGroup("none", "g1", ["g1", "g2"])).toBe("g1");
    expect(toggledGroup(new Set(["g1"]), "g2", ["g1", "g2"])).toBe("all");
    expect(toggledGroup("all", "g1", ["g1", "g2"])).toBe("g2");
  });

  it("calls an edge what it is", () => {
    expect(verdictOfEdge({ events: 2, allowed: 2, denied: 0, unknown: 0 })).toBe("allowed");
    expect(verdictOfEdge({ events: 2, allowed: 1, denied: 1, unknown: 0 })).toBe("partial");
    expect(verdictOfEdge({ events: 2, allowed: 0, denied: 2, unknown: 0 })).toBe("denied");
    expect(verdictOfEdge({ events: 2, allowed: 0, denied: 0, unknown: 2 })).toBe("unknown");
  });
});
