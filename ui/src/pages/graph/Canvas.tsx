import { useComputedColorScheme } from "@mantine/core";
import cytoscape, { type Collection, type Core, type ElementDefinition, type NodeSingular, type StylesheetJson } from "cytoscape";
import { type KeyboardEvent, useEffect, useImperativeHandle, useRef, useState } from "react";
import { count } from "~/format/numbers";
import styles from "./graph.module.css";
import type { Layout, Place } from "./layout";
import { matcher, type Picture, verdictOfEdge } from "./picture";

export type Lens = "verdict" | "health" | "dns" | "exposure" | "findings";

export interface CanvasHandle {
  fit: () => void;
  zoom: (factor: number) => void;
  /** For measuring: the graph itself. */
  core: () => Core | null;
}

interface Props {
  picture: Picture;
  layout: Layout;
  lens: Lens;
  comparing: boolean;
  find: string | undefined;
  /** Ids of the selected box, or of both ends of the selected line. */
  selected: string | null;
  selectedEdge: string | null;
  onNode: (id: string) => void;
  onEdge: (id: string) => void;
  onGroup: (id: string) => void;
  onNothing: () => void;
  ref?: React.Ref<CanvasHandle>;
}

/** The drawn graph. Positions are given; nothing here moves by itself. Arrow keys walk from box to box, Enter opens. */
export default function Canvas(props: Props) {
  const { picture, layout, lens, comparing, find, selected, selectedEdge } = props;
  const host = useRef<HTMLDivElement>(null);
  const core = useRef<Core | null>(null);
  const handlers = useRef(props);
  handlers.current = props;
  const scheme = useComputedColorScheme();
  const [spoken, setSpoken] = useState("");
  const walked = useRef<string | null>(null);

  useImperativeHandle(props.ref, () => ({
    fit: () => core.current && fit(core.current),
    zoom: (factor) => {
      const cy = core.current;
      cy?.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    },
    core: () => core.current,
  }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: one graph for the life of the component; what changes follows below
  useEffect(() => {
    const cy = cytoscape({
      container: host.current,
      style: stylesheet(host.current!, lens, comparing),
      minZoom: 0.04,
      maxZoom: 3,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      // While the view moves, a picture of the graph moves instead of the graph.
      textureOnViewport: true,
      hideEdgesOnViewport: false,
      pixelRatio: picture.nodes.length > 300 ? 1 : "auto",
    });
    core.current = cy;
    cy.on("tap", (event) => {
      const target = event.target;
      if (target === cy) handlers.current.onNothing();
      else if (target.isEdge()) handlers.current.onEdge(target.id());
      else if (target.is(".group")) handlers.current.onNode(String(target.data("group")));
      else handlers.current.onNode(target.id());
    });
    cy.on("dbltap", "node.group, node.collapsed", (event) => handlers.current.onGroup(String(event.target.data("group") ?? event.target.id())));
    const over = (event: { target: { addClass: (name: string) => void } }) => {
      event.target.addClass("over");
      host.current?.setAttribute("data-over", "true");
    };
    const out = (event: { target: { removeClass: (name: string) => void } }) => {
      event.target.removeClass("over");
      host.current?.removeAttribute("data-over");
    };
    cy.on("mouseover", "node, edge", over as never);
    cy.on("mouseout", "node, edge", out as never);
    const observer = new ResizeObserver(() => cy.resize());
    observer.observe(host.current!);
    return () => {
      observer.disconnect();
      cy.destroy();
      core.current = null;
    };
  }, []);

  // What is drawn.
  useEffect(() => {
    const cy = core.current;
    if (!cy) return;
    const first = cy.elements().empty();
    cy.batch(() => {
      cy.elements().remove();
      cy.add(elements(picture, layout));
    });
    if (first || !sameView(cy, layout)) fit(cy);
  }, [picture, layout]);

  // How it looks.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read from the page
  useEffect(() => {
    core.current?.style(stylesheet(host.current!, lens, comparing));
  }, [lens, comparing, scheme]);

  // What is picked out.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new picture has lost the marks
  useEffect(() => {
    const cy = core.current;
    if (!cy) return;
    const matches = matcher(find);
    cy.batch(() => {
      cy.elements().removeClass("selected near dim found");
      if (matches) {
        const found = cy.nodes().filter((node) => !node.hasClass("group") && matches({ id: node.id(), label: String(node.data("label")) }));
        cy.nodes().not(".group").not(found).addClass("dim");
        cy.edges().not(found.connectedEdges()).addClass("dim");
        found.addClass("found");
      }
      const wanted = selectedEdge ?? selected;
      if (!wanted) return;
      const element: Collection = cy.getElementById(wanted);
      const target: Collection = element.nonempty() ? element : cy.getElementById(`group:${wanted}`);
      if (target.empty()) return;
      target.addClass("selected");
      const group = target.is(".group");
      const near = target.is("edge") ? target.edges().connectedNodes() : group ? cy.nodes().filter((node) => node.data("in") === selected) : target.closedNeighborhood().nodes();
      const lines = target.is("edge") ? target.edges() : group ? near.connectedEdges() : target.closedNeighborhood().edges();
      near.addClass("near");
      lines.addClass("near");
      cy.edges().not(lines).not(target).addClass("dim");
      if (!group) cy.nodes().not(".group").not(near).not(target).addClass("dim");
    });
  }, [find, selected, selectedEdge, picture, layout]);

  const walk = (event: KeyboardEvent) => {
    const cy = core.current;
    if (!cy) return;
    const direction = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (direction) {
      event.preventDefault();
      const here = walked.current ? cy.getElementById(walked.current) : selected ? cy.getElementById(selected) : cy.collection();
      const next = nearest(cy, here.nonempty() ? here.position() : null, direction[0]!, direction[1]!, here.nonempty() ? here.id() : null);
      if (!next) return;
      cy.nodes(".walked").removeClass("walked");
      const node = cy.getElementById(next);
      node.addClass("walked");
      walked.current = next;
      const box = cy.extent();
      const { x, y } = node.position();
      if (x < box.x1 || x > box.x2 || y < box.y1 || y > box.y2) cy.center(node);
      setSpoken(`${node.data("spoken")}`);
    } else if (event.key === "Enter" && walked.current) {
      event.preventDefault();
      props.onNode(walked.current);
    } else if (event.key === " " && walked.current) {
      event.preventDefault();
      const node = cy.getElementById(walked.current);
      const group = node.hasClass("collapsed") ? node.id() : String(node.data("in") ?? "");
      if (group) props.onGroup(group);
    } else if (event.key === "+" || event.key === "=") cy.zoom({ level: cy.zoom() * 1.25, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    else if (event.key === "-") cy.zoom({ level: cy.zoom() / 1.25, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    else if (event.key === "0") fit(cy);
  };

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the graph is walked with arrow keys */}
      <div
        ref={host}
        className={styles.canvas}
        // biome-ignore lint/a11y/useSemanticElements: there is no element for a graph
        role="application"
        aria-label={`Graph of ${picture.nodes.length} boxes and ${picture.edges.length} connections. Arrow keys walk, Enter opens, Space opens or closes a group. The same as a table: button Table.`}
        tabIndex={0}
        onKeyDown={walk}
      />
      <div className="visually-hidden" role="status">
        {spoken}
      </div>
    </>
  );
}

/** Room for the legend below and the numbers above. */
const MARGIN = { x: 24, top: 24, bottom: 52 };

function fit(cy: Core): void {
  const box = cy.elements().boundingBox({ includeOverlays: false, includeLabels: false });
  const [width, height] = [cy.width() - 2 * MARGIN.x, cy.height() - MARGIN.top - MARGIN.bottom];
  if (width <= 0 || height <= 0 || !Number.isFinite(box.w) || box.w === 0) return;
  // A small graph is not blown up.
  const zoom = Math.min(width / box.w, height / box.h, 1.25);
  cy.viewport({
    zoom,
    pan: { x: MARGIN.x + (width - box.w * zoom) / 2 - box.x1 * zoom, y: MARGIN.top + (height - box.h * zoom) / 2 - box.y1 * zoom },
  });
}

const lastSize = new WeakMap<Core, string>();

/** Whether the new layout fills the same space, so that the view can stay where the person put it. */
function sameView(cy: Core, layout: Layout): boolean {
  const size = `${Math.round(layout.width / 40)}x${Math.round(layout.height / 40)}`;
  const same = lastSize.get(cy) === size;
  lastSize.set(cy, size);
  return same;
}

/** The nearest box in a direction; distance across counts double. */
function nearest(cy: Core, from: { x: number; y: number } | null, dx: number, dy: number, except: string | null): string | null {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const node of cy.nodes().not(".group").toArray() as NodeSingular[]) {
    const { x, y } = node.position();
    if (node.id() === except) continue;
    const [along, across] = from ? [(x - from.x) * dx + (y - from.y) * dy, Math.abs((x - from.x) * dy) + Math.abs((y - from.y) * dx)] : [x + y, 0];
    if (from && along <= 1) continue;
    const cost = along + 2 * across;
    if (cost < least) {
      least = cost;
      best = node.id();
    }
  }
  return best;
}

function elements({ nodes, edges, groups }: Picture, { places, areas }: Layout): ElementDefinition[] {
  const made: ElementDefinition[] = [];
  const widthOf = new Map(nodes.map((node) => [node.id, node.width]));
  for (const group of groups) {
    const area = areas[group.id];
    if (!area) continue;
    made.push({ group: "nodes", classes: "group", data: { id: `group:${group.id}`, group: group.id, label: `${group.label}  ${group.nodes}`, w: area.width, h: area.height }, position: { x: area.x, y: area.y } });
  }
  for (const node of nodes) {
    const place = places[node.id];
    if (!place) continue;
    const mark = node.critical ? "◆ " : node.high ? "▲ " : "";
    made.push({
      group: "nodes",
      classes: [node.holds ? "collapsed" : node.kind === "address" ? "outside" : "box", node.critical ? "critical" : node.high ? "high" : "", node.unknown ? "unknown" : "", `health-${node.health}`, `exposure-${node.exposure}`].join(" "),
      data: {
        id: node.id,
        in: node.group,
        label: node.label,
        text: `${mark}${node.label}${node.holds ? `  ${node.holds}` : ""}`,
        w: node.width,
        h: node.height,
        spoken: `${node.label}, ${node.holds ? `${node.holds} inside` : node.kind}${node.critical ? `, ${node.critical} critical findings` : ""}`,
      },
      position: { ...place },
    });
  }
  const sizes = edges.map((edge) => Math.log10(1 + edge.events));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const curved = edges.length <= CURVES;
  const denials = edges.filter((edge) => edge.denied > 0).length;
  for (const edge of edges) {
    if (!places[edge.source] || !places[edge.target]) continue;
    const verdict = verdictOfEdge(edge);
    const [from, to] = [places[edge.source]!, places[edge.target]!];
    const port = edge.ports.length === 1 ? edge.ports[0] : `${edge.ports.length} ports`;
    const lock = edge.encrypted === true ? " enc" : "";
    made.push({
      group: "edges",
      classes: [verdict, edge.change ?? "", edge.encrypted === true ? "encrypted" : "", curved ? "curved" : "", edges.length > 150 ? "many" : "", edge.denied > 0 && denials <= LABELS ? "told" : ""].join(" "),
      data: {
        id: edge.id,
        source: edge.source,
        target: edge.target,
        width: Math.max(1 + (most > least ? (edges.length > 150 ? 1.8 : 3) * ((Math.log10(1 + edge.events) - least) / (most - least)) : 0.6), edge.denied > 0 ? 2.2 : 0),
        ...(curved ? bend(from, to, widthOf.get(edge.source) ?? 0, widthOf.get(edge.target) ?? 0) : {}),
        text: `${port}${lock}${edge.denied ? `  ${count(edge.denied)} denied` : ""}${edge.change && edge.change !== "same" ? `  ${edge.change}` : ""}`,
      },
    });
  }
  return made;
}

/** Up to this many lines are curved; more are straight, which is read less well and drawn faster. */
const CURVES = 500;
/** Up to this many denied lines carry their numbers unasked. */
const LABELS = 10;

/**
 * A line that leaves and arrives level, as one reads: out at the right, in at the left. Backwards, and between boxes of one column, it
 * bows out at the side. Cytoscape wants control points as (weight along, distance from) the straight line between the ends.
 */
function bend(from: Place, to: Place, fromWidth: number, toWidth: number) {
  const ahead = to.x - toWidth / 2 - (from.x + fromWidth / 2);
  const forward = ahead > 12;
  const backward = from.x - fromWidth / 2 - (to.x + toWidth / 2) > 12;
  const [outSide, inSide] = forward ? [1, -1] : backward ? [-1, 1] : [1, 1];
  const [x1, y1, x2, y2] = [from.x + (outSide * fromWidth) / 2, from.y, to.x + (inSide * toWidth) / 2, to.y];
  const reach = forward || backward ? Math.min(Math.abs(x2 - x1) / 2, 140) : 26 + Math.abs(y2 - y1) * 0.08;
  const points: [number, number][] = [
    [x1 + outSide * reach, y1],
    [x2 + inSide * reach, y2],
  ];
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = Math.hypot(dx, dy) || 1;
  return {
    out: `${outSide * 50}% 0%`,
    in: `${inSide * 50}% 0%`,
    weights: points.map(([x, y]) => ((x - x1) * dx + (y - y1) * dy) / length ** 2),
    distances: points.map(([x, y]) => ((y - y1) * dx - (x - x1) * dy) / length),
  };
}

function stylesheet(element: HTMLElement, lens: Lens, comparing: boolean): StylesheetJson {
  const computed = getComputedStyle(element);
  const color = (token: string) => computed.getPropertyValue(token).trim();
  const text = { "font-family": "Inter, sans-serif", "font-size": 11.5, "min-zoomed-font-size": 6.5 };
  const node = (selector: string, style: object) => ({ selector, style });
  const sheet: object[] = [
    node("node", {
      ...text,
      shape: "round-rectangle",
      width: "data(w)",
      height: "data(h)",
      label: "data(text)",
      color: color("--text"),
      "text-valign": "center",
      "text-halign": "center",
      "background-color": color("--surface"),
      "border-width": 1,
      "border-color": color("--line-strong"),
      "text-max-width": "220px",
      "text-wrap": "ellipsis",
      "z-index": 3,
      "overlay-opacity": 0,
      "corner-radius": 5,
    }),
    node("node.group", {
      label: "data(label)",
      "background-color": color("--sunken"),
      "background-opacity": 0.75,
      "border-color": color("--line"),
      "text-valign": "top",
      "text-halign": "center",
      "text-margin-y": 18,
      "font-size": 12,
      "font-weight": 600,
      color: color("--text-2"),
      "z-index": 0,
      "z-index-compare": "manual",
      "corner-radius": 8,
    }),
    node("node.collapsed", { "font-weight": 600, "background-color": color("--sunken"), "border-width": 1.5, "border-style": "double", "border-color": color("--text-3") }),
    node("node.outside", { shape: "round-tag", "background-color": color("--page"), color: color("--text-2"), "text-margin-x": -3 }),
    node("node.unknown", { "border-style": "dashed", "border-color": color("--unknown") }),
    node("node.critical", { "border-color": color("--critical"), "border-width": 1.5, color: color("--critical") }),
    node("node.high", { "border-color": color("--high") }),
    node("edge", {
      ...text,
      "font-family": "JetBrains Mono, monospace",
      "font-size": 10.5,
      "min-zoomed-font-size": 7.5,
      "curve-style": "straight",
      width: "data(width)",
      "line-color": color("--edge"),
      "target-arrow-color": color("--edge"),
      "target-arrow-shape": "triangle",
      "arrow-scale": 0.75,
      "line-opacity": 0.75,
      color: color("--text-2"),
      "text-background-color": color("--surface"),
      "text-background-opacity": 0.92,
      "text-background-padding": "2px",
      "z-index": 1,
      "z-index-compare": "manual",
      "overlay-opacity": 0,
    }),
    node("edge.many", { "line-opacity": 0.5 }),
    node("edge.denied", { "line-color": color("--denied"), "target-arrow-color": color("--denied"), "target-arrow-shape": "tee", "line-opacity": 1, "z-index": 2, color: color("--denied") }),
    node("edge.partial", { "line-color": color("--denied"), "target-arrow-color": color("--denied"), "target-arrow-shape": "triangle-tee", "line-opacity": 1, "z-index": 2, color: color("--denied") }),
    node("edge.told", { label: "data(text)" }),
    node("edge.curved", {
      "curve-style": "unbundled-bezier",
      "edge-distances": "endpoints",
      "source-endpoint": "data(out)",
      "target-endpoint": "data(in)",
      "control-point-weights": "data(weights)",
      "control-point-distances": "data(distances)",
    }),
    node("edge.unknown", { "line-style": "dashed", "line-dash-pattern": [5, 4], "line-color": color("--unknown"), "target-arrow-color": color("--unknown"), "target-arrow-shape": "vee" }),
  ];
  if (lens !== "verdict" && lens !== "dns") sheet.push(node("edge.told", { label: "" }));
  if (lens === "health")
    sheet.push(
      node("node.health-ok", { "border-color": color("--good"), "background-color": color("--good-soft") }),
      node("node.health-degraded", { "border-color": color("--medium"), "background-color": color("--medium-soft"), "border-width": 2, "border-style": "dashed" }),
      node("node.health-failing", { "border-color": color("--denied"), "background-color": color("--denied-soft"), "border-width": 3, "border-style": "double" }),
    );
  if (lens === "exposure")
    sheet.push(
      node("node.exposure-internet", { "border-color": color("--high"), "background-color": color("--high-soft"), "border-width": 2.5, "border-style": "double" }),
      node("node.exposure-unknown", { "border-color": color("--unknown"), "border-style": "dashed" }),
      node("edge.encrypted", { "line-color": color("--good"), "target-arrow-color": color("--good") }),
    );
  if (lens === "findings")
    sheet.push(
      node("node.critical", { "background-color": color("--critical-soft"), "border-width": 3, "border-style": "double" }),
      node("node.high", { "background-color": color("--high-soft"), "border-width": 2 }),
    );
  if (comparing)
    sheet.push(
      node("edge.same", { "line-opacity": 0.25, "target-arrow-shape": "none" }),
      node("edge.new", { "line-color": color("--added"), "target-arrow-color": color("--added"), "line-opacity": 1, label: "data(text)", color: color("--added"), "z-index": 3 }),
      node("edge.gone", { "line-color": color("--text-3"), "target-arrow-color": color("--text-3"), "line-style": "dotted", "line-opacity": 1, label: "data(text)", "z-index": 3 }),
      node("edge.changed", { "line-color": color("--medium"), "target-arrow-color": color("--medium"), "line-opacity": 1, label: "data(text)", color: color("--medium"), "z-index": 3 }),
    );
  sheet.push(
    node(".dim", { opacity: 0.32 }),
    node("edge.dim", { opacity: 0.12 }),
    node("node.found", { "border-color": color("--accent"), "border-width": 2.5, "background-color": color("--accent-soft") }),
    node("node.over", { "border-color": color("--accent"), "border-width": 2 }),
    node("edge.over, edge.near, edge.selected", { label: "data(text)", "line-opacity": 1, "z-index": 6 }),
    node("node.near", { "z-index": 5 }),
    node("node.selected", { "border-color": color("--accent"), "border-width": 3, "background-color": color("--selected"), "z-index": 6 }),
    node("node.group.selected", { "z-index": 0, "border-width": 2 }),
    node("edge.selected", { width: 4, "z-index": 7 }),
    node("node.walked", { "border-color": color("--focus"), "border-width": 3, "z-index": 7 }),
  );
  return sheet as StylesheetJson;
}
