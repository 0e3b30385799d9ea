/** From what the server answers to what is drawn: hidden nodes out, collapsed groups as one box, edges between two boxes as one line. */

import type { Graph, GraphEdge, GraphNode } from "~/api/types";
import type { Box, Link } from "./layout";

export interface DrawnNode extends Box {
  label: string;
  kind: string;
  /** The entity the box stands for; of a collapsed group the group's. */
  critical: number;
  high: number;
  unknown: boolean;
  health: string;
  exposure: string;
  /** How many nodes a collapsed group holds; 0 for a node. */
  holds: number;
}

export interface DrawnEdge extends Link {
  id: string;
  events: number;
  bytes: number | null;
  allowed: number;
  denied: number;
  unknown: number;
  ports: string[];
  /** true, false, null: unknown; "some": of several edges some are. */
  encrypted: boolean | null | "some";
  simulated: boolean;
  change: "new" | "gone" | "changed" | "same" | null;
  /** How many edges of the answer the line stands for. */
  holds: number;
}

export interface DrawnGroup {
  id: string;
  label: string;
  nodes: number;
  critical: number;
}

export interface Picture {
  nodes: DrawnNode[];
  edges: DrawnEdge[];
  groups: DrawnGroup[];
  hidden: number;
}

/** Above this many nodes, groups begin collapsed: an overview first, details where they are wanted. */
export const COLLAPSE_ABOVE = 400;

export type Expanded = "all" | "none" | Set<string>;

/** On a narrow screen an overview is all that can be read. */
export const COLLAPSE_NARROW = 30;

export function expandedOf(param: string | undefined, nodes: number, narrow = false): Expanded {
  if (param === "all" || param === "none") return param;
  if (param) return new Set(param.split(","));
  return nodes > (narrow ? COLLAPSE_NARROW : COLLAPSE_ABOVE) ? "none" : "all";
}

/** The parameter after one group was opened or closed. */
export function toggledGroup(expanded: Expanded, group: string, all: string[]): string {
  const open = new Set(expanded === "all" ? all : expanded === "none" ? [] : expanded);
  if (!open.delete(group)) open.add(group);
  return open.size === 0 ? "none" : open.size === all.length ? "all" : [...open].sort().join(",");
}

/** Words that hide: separated by space or comma, `*` stands for anything. */
export function matcher(text: string | undefined): ((node: { id: string; label: string }) => boolean) | null {
  const words = (text ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  if (words.length === 0) return null;
  const patterns = words.map(
    (word) =>
      new RegExp(
        word
          .split("*")
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*"),
      ),
  );
  return (node) =>
    patterns.some((pattern) => pattern.test(node.id.toLowerCase()) || pattern.test(node.label.toLowerCase()));
}

const OUTSIDE = "outside";

export function picture(graph: Graph, grouped: boolean, expanded: Expanded, hide: string | undefined): Picture {
  const hidden = matcher(hide);
  const kept = hidden ? graph.nodes.filter((node) => !hidden({ id: node.id, label: node.name })) : graph.nodes;
  const ids = new Set(kept.map((node) => node.id));
  const edges = graph.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target));

  // Addresses that only ask stand with those that ask, the others with those that answer: two groups, left and right.
  const asking = new Set(edges.map((edge) => edge.source));
  const answering = new Set(edges.map((edge) => edge.target));
  const names = new Map(graph.groups.map((group) => [group.id, group.name]));
  const groupOf = (node: GraphNode): string | null => {
    if (!grouped || !node.parent) return null;
    if (node.parent !== OUTSIDE) return node.parent;
    return asking.has(node.id) && !answering.has(node.id) ? `${OUTSIDE}-in` : `${OUTSIDE}-out`;
  };
  const label = (group: string) =>
    group === `${OUTSIDE}-in`
      ? "from outside"
      : group === `${OUTSIDE}-out`
        ? "to outside"
        : (names.get(group) ?? group.split("/").at(-1)!);
  const isOpen = (group: string) => expanded === "all" || (expanded !== "none" && expanded.has(group));

  const nodes: DrawnNode[] = [];
  const groups = new Map<string, DrawnGroup>();
  const collapsed = new Map<string, DrawnNode>();
  const standsFor = new Map<string, string>();
  for (const node of kept) {
    const group = groupOf(node);
    if (group !== null) {
      const known = groups.get(group) ?? { id: group, label: label(group), nodes: 0, critical: 0 };
      known.nodes++;
      known.critical += node.findings.critical;
      groups.set(group, known);
    }
    if (group === null || isOpen(group)) {
      standsFor.set(node.id, node.id);
      nodes.push({
        id: node.id,
        group,
        label: group === null && node.namespace ? `${node.namespace}/${node.name}` : node.name,
        kind: node.kind,
        critical: node.findings.critical,
        high: node.findings.high,
        unknown: node.unknown,
        health: node.health ?? "unknown",
        exposure: node.exposure ?? "unknown",
        holds: 0,
        width: 0,
        height: 0,
      });
      continue;
    }
    standsFor.set(node.id, group);
    const box = collapsed.get(group);
    if (box) {
      box.holds++;
      box.critical += node.findings.critical;
      box.high += node.findings.high;
      box.health = worse(HEALTH, box.health, node.health ?? "unknown");
      box.exposure = worse(EXPOSURE, box.exposure, node.exposure ?? "unknown");
    } else {
      const made: DrawnNode = {
        id: group,
        group: null,
        label: label(group),
        kind: group.startsWith(OUTSIDE) ? "address" : "namespace",
        critical: node.findings.critical,
        high: node.findings.high,
        unknown: node.unknown,
        health: node.health ?? "unknown",
        exposure: node.exposure ?? "unknown",
        holds: 1,
        width: 0,
        height: 0,
      };
      collapsed.set(group, made);
      nodes.push(made);
    }
  }
  for (const node of nodes) {
    const marks = (node.critical || node.high ? 14 : 0) + (node.holds ? 8 + String(node.holds).length * 7 : 0);
    node.width = Math.min(Math.max(node.label.length * 6.7 + 20 + marks, 54), 230);
    node.height = node.holds ? 30 : 22;
  }

  const lines = new Map<string, DrawnEdge>();
  for (const edge of edges) {
    const [source, target] = [standsFor.get(edge.source)!, standsFor.get(edge.target)!];
    if (source === target) continue;
    const id = `${source}~${target}`;
    const line = lines.get(id);
    if (line) join(line, edge);
    else lines.set(id, first(id, source, target, edge));
  }
  return {
    nodes,
    edges: [...lines.values()],
    groups: [...groups.values()].filter((group) => isOpen(group.id)),
    hidden: graph.nodes.length - kept.length,
  };
}

const HEALTH = ["ok", "unknown", "degraded", "failing"];
const EXPOSURE = ["none", "cluster", "unknown", "internet"];
const worse = (scale: string[], a: string, b: string) => (scale.indexOf(a) >= scale.indexOf(b) ? a : b);

const port = (edge: GraphEdge) => (edge.port === null ? edge.protocol : `${edge.protocol}/${edge.port}`);

function first(id: string, source: string, target: string, edge: GraphEdge): DrawnEdge {
  const { events, bytes, allowed, denied, unknown, encrypted, simulated } = edge;
  return {
    id,
    source,
    target,
    weight: events,
    events,
    bytes,
    allowed,
    denied,
    unknown,
    encrypted,
    simulated,
    ports: [port(edge)],
    change: edge.change ?? null,
    holds: 1,
  };
}

function join(line: DrawnEdge, edge: GraphEdge): void {
  line.holds++;
  line.events += edge.events;
  line.weight += edge.events;
  line.bytes = line.bytes === null || edge.bytes === null ? null : line.bytes + edge.bytes;
  line.allowed += edge.allowed;
  line.denied += edge.denied;
  line.unknown += edge.unknown;
  line.simulated ||= edge.simulated;
  if (line.encrypted !== edge.encrypted) line.encrypted = "some";
  if (line.change !== (edge.change ?? null)) line.change = "changed";
  const text = port(edge);
  if (!line.ports.includes(text)) line.ports.push(text);
}

export type Verdict = "allowed" | "denied" | "partial" | "unknown";

/** What the colour and the arrow of a line say. */
export function verdictOfEdge(edge: { events: number; allowed: number; denied: number; unknown: number }): Verdict {
  if (edge.denied > 0) return edge.allowed + edge.unknown > 0 ? "partial" : "denied";
  return edge.unknown > 0 && edge.unknown >= edge.allowed ? "unknown" : "allowed";
}
