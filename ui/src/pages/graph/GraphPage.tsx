import { Button } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useRead } from "~/api/queries";
import type { Graph } from "~/api/types";
import { edgeFilter } from "~/context/edge";
import { entityLabel, entityOf } from "~/context/entity";
import { contextParams, narrowedTo } from "~/context/search";
import { millis, rfc3339 } from "~/context/time";
import { useConsole } from "~/context/useConsole";
import { INGEST_FLOWS } from "~/format/commands";
import { bytes, count, plural } from "~/format/numbers";
import { Icon } from "~/marks/Icon";
import { Simulated, VerdictMark } from "~/marks/marks";
import { type Column, DataTable } from "~/parts/DataTable";
import { Dock } from "~/parts/Dock";
import { Answered, Empty, Partial, Skeleton } from "~/parts/States";
import { useNarrowed, Wider } from "~/parts/Wider";
import Canvas, { type CanvasHandle } from "./Canvas";
import styles from "./graph.module.css";
import type { Lens } from "./lens";
import { type DrawnEdge, expandedOf, picture, toggledGroup, verdictOfEdge } from "./picture";
import { useLayout } from "./useLayout";

const SCOPES = ["namespace", "workload", "pod"];
const LENSES: { id: Lens; name: string }[] = [
  { id: "verdict", name: "Verdict" },
  { id: "health", name: "Health" },
  { id: "dns", name: "DNS" },
  { id: "exposure", name: "Exposure" },
  { id: "findings", name: "Findings" },
];
const COMPARISONS = [
  { id: "", name: "nothing" },
  { id: "1h", name: "an hour before" },
  { id: "1d", name: "the day before" },
  { id: "7d", name: "the week before" },
];

/** Who talks to whom, is it allowed, is it healthy? */
export default function GraphPage() {
  const { context, params, search, selection, select, set, window } = useConsole();
  const scope = SCOPES.includes(search.scope ?? "") ? search.scope! : "workload";
  const lens = LENSES.find((one) => one.id === search.lens)?.id ?? "verdict";
  const grouped = search.group !== "none" && scope !== "namespace";
  const answer = useRead<Graph>(
    "/graph",
    { ...params, scope, group: "namespace", lens, compare: comparison(search.compare, window.from, window.to) },
    { live: window.live },
  );
  const canvas = useRef<CanvasHandle>(null);
  const { ref, width, height } = useElementSize();
  const aspect = width && height ? width / height : 1.8;

  const measured = width > 0;
  const narrow = measured && width < 560;
  const expanded = useMemo(
    () => expandedOf(search.expand, answer.data?.nodes.length ?? 0, narrow),
    [search.expand, answer.data, narrow],
  );
  const drawn = useMemo(
    () => (answer.data && measured ? picture(answer.data, grouped, expanded, search.hide) : null),
    [answer.data, grouped, expanded, search.hide, measured],
  );
  const laid = useLayout(drawn, aspect);
  useEffect(() => expose(canvas, laid?.took), [laid]);

  const groupIds = useMemo(() => {
    const everything = answer.data && grouped ? picture(answer.data, true, "all", search.hide) : null;
    return everything?.groups.map((group) => group.id) ?? [];
  }, [answer.data, grouped, search.hide]);
  const toggle = useCallback(
    (id: string) => set({ expand: toggledGroup(expanded, id, groupIds) }, true),
    [set, expanded, groupIds],
  );
  const openNode = useCallback(
    (id: string) => {
      const entity = entityOf(id);
      if (entity) select({ what: "entity", entity });
    },
    [select],
  );
  const openEdge = useCallback(
    (id: string) => {
      const [source, target] = id.split("~");
      if (source && target) select({ what: "edge", source, target });
    },
    [select],
  );

  const selectedEdge = selection?.what === "edge" ? `${selection.source}~${selection.target}` : null;
  const selected =
    selection?.what === "entity"
      ? `${selection.entity.kind}/${selection.entity.namespace || "_"}/${selection.entity.name}`
      : null;
  const ends = selection?.what === "edge" ? ([entityOf(selection.source), entityOf(selection.target)] as const) : null;
  const dockContext =
    selection?.what === "entity"
      ? narrowedTo(context, selection.entity)
      : ends?.[0] && ends[1]
        ? {
            ...context,
            namespace: undefined,
            workload: undefined,
            identity: undefined,
            address: undefined,
            q: edgeFilter(ends[0], ends[1]),
          }
        : context;
  const what =
    selection?.what === "entity"
      ? entityLabel(selection.entity)
      : ends?.[0] && ends[1]
        ? `${entityLabel(ends[0])} → ${entityLabel(ends[1])}`
        : "everything shown";

  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">Graph</h1>
      <div className={styles.tools} role="toolbar" aria-label="Graph">
        <Choice
          label="Show"
          value={scope}
          options={SCOPES.map((id) => ({ id, name: `${id}s` }))}
          onChange={(id) => set({ scope: id === "workload" ? undefined : id }, true)}
        />
        <Choice
          label="Lens"
          value={lens}
          options={LENSES}
          onChange={(id) => set({ lens: id === "verdict" ? undefined : id }, true)}
        />
        <Choice
          label="Against"
          value={search.compare ?? ""}
          options={COMPARISONS}
          onChange={(id) => set({ compare: id || undefined }, true)}
        />
        <Words label="Find" value={search.find} onChange={(find) => set({ find }, true)} />
        <Words label="Hide" value={search.hide} onChange={(hide) => set({ hide }, true)} />
        {grouped && groupIds.length > 0 && (
          <Button
            variant="default"
            size="compact-sm"
            onClick={() => set({ expand: expanded === "none" ? "all" : "none" }, true)}
          >
            {expanded === "none" ? "Open all groups" : "Close all groups"}
          </Button>
        )}
        <span className={styles.spacer} />
        {answer.data?.edges.some((edge) => edge.simulated) && <Simulated />}
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<Icon name={search.view === "table" ? "graph" : "table"} size={13} />}
          onClick={() => set({ view: search.view === "table" ? undefined : "table" }, true)}
        >
          {search.view === "table" ? "Graph" : "Table"}
        </Button>
      </div>
      <div className={styles.stage} ref={ref}>
        <Answered answer={answer} what="The graph" skeleton={<Drawing />}>
          {(graph) =>
            graph.nodes.length === 0 ? (
              <Nothing />
            ) : search.view === "table" && drawn ? (
              <Table edges={drawn.edges} selected={selectedEdge} onOpen={openEdge} />
            ) : !laid ? (
              <Drawing />
            ) : (
              <>
                <Canvas
                  ref={canvas}
                  picture={laid.picture}
                  layout={laid.layout}
                  lens={lens}
                  comparing={search.compare !== undefined}
                  find={search.find}
                  selected={selected}
                  selectedEdge={selectedEdge}
                  onNode={openNode}
                  onEdge={openEdge}
                  onGroup={toggle}
                  onNothing={() => selection && select(null)}
                />
                {graph.truncated && (
                  <div className={styles.note}>
                    <Partial>
                      {count(graph.truncated.nodes)} nodes and {count(graph.truncated.edges)} connections with the least
                      traffic are left out. A narrower filter shows them.
                    </Partial>
                  </div>
                )}
                <span className={styles.summary} role="status">
                  {plural(graph.nodes.length, scope)}, {plural(laid.picture.edges.length, "connection")}
                  {laid.picture.hidden > 0 && `, ${laid.picture.hidden} hidden`}
                </span>
                <Legend lens={lens} comparing={search.compare !== undefined} />
                <div className={styles.zoom}>
                  <button
                    type="button"
                    aria-label="Closer"
                    title="Closer (+)"
                    onClick={() => canvas.current?.zoom(1.3)}
                  >
                    <Icon name="plus" size={14} />
                  </button>
                  <button
                    type="button"
                    aria-label="Further"
                    title="Further (-)"
                    onClick={() => canvas.current?.zoom(1 / 1.3)}
                  >
                    <Icon name="minus" size={14} />
                  </button>
                  <button
                    type="button"
                    aria-label="Show all"
                    title="Show all (0)"
                    onClick={() => canvas.current?.fit()}
                  >
                    <Icon name="fit" size={14} />
                  </button>
                </div>
              </>
            )
          }
        </Answered>
      </div>
      <Dock params={contextParams(dockContext)} what={what} />
    </div>
  );
}

/** The other window of a comparison: the same length, that much earlier. */
function comparison(shift: string | undefined, from: string, to: string): string | undefined {
  const found = /^(\d+)([hd])$/.exec(shift ?? "");
  if (!found) return undefined;
  const span = Number(found[1]) * (found[2] === "h" ? 3_600_000 : 86_400_000);
  // Rounded to the minute, so that a sliding window does not ask anew each time it is drawn.
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return `${rfc3339(millis(from, now) - span)}/${rfc3339(millis(to, now) - span)}`;
}

/** Lets a test measure the drawn graph. */
function expose(canvas: React.RefObject<CanvasHandle | null>, took: number | undefined): void {
  (globalThis as { seawallGraph?: object }).seawallGraph = { canvas, took };
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: string;
  options: { id: string; name: string }[];
  onChange: (id: string) => void;
}) {
  return (
    <label className={styles.tool}>
      {label}
      <select className={styles.select} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.id} value={option.id}>
            {option.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Words({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [draft, setDraft] = useState(value ?? "");
  useEffect(() => setDraft(value ?? ""), [value]);
  useEffect(() => {
    if (draft === (value ?? "")) return;
    const timer = setTimeout(() => onChange(draft || undefined), 180);
    return () => clearTimeout(timer);
  }, [draft, value, onChange]);
  return (
    <input
      className={styles.input}
      type="search"
      placeholder={label}
      aria-label={`${label} nodes by name`}
      value={draft}
      onChange={(event) => setDraft(event.target.value)}
    />
  );
}

function Drawing() {
  return (
    <div
      className={styles.stage}
      style={{
        position: "absolute",
        inset: 0,
        display: "grid",
        gridTemplateColumns: "repeat(4, 1fr)",
        gap: 30,
        padding: 30,
      }}
      role="status"
      aria-label="Laying out the graph"
    >
      {["a", "b", "c", "d", "e", "f", "g", "h"].map((one) => (
        <Skeleton key={one} height="100%" />
      ))}
    </div>
  );
}

function Nothing() {
  const narrowed = useNarrowed();
  return (
    <Empty icon="graph" title="No traffic to draw" command={narrowed ? undefined : INGEST_FLOWS} actions={<Wider />}>
      {narrowed
        ? "No recorded flow matches the filter in this window."
        : "No source delivered a flow in this window. Health shows which sources there are and when they last spoke."}
    </Empty>
  );
}

const COLUMNS: Column<DrawnEdge>[] = [
  {
    id: "verdict",
    head: "Verdict",
    width: 100,
    value: (edge) => ["denied", "partial", "unknown", "allowed"].indexOf(verdictOfEdge(edge)),
    cell: (edge) => (
      <VerdictMark
        verdict={verdictOfEdge(edge)}
        word={verdictOfEdge(edge) === "partial" ? "partly denied" : verdictOfEdge(edge)}
      />
    ),
  },
  { id: "from", head: "From", value: (edge) => edge.source, cell: (edge) => named(edge.source) },
  { id: "to", head: "To", value: (edge) => edge.target, cell: (edge) => named(edge.target) },
  {
    id: "ports",
    head: "Ports",
    value: (edge) => edge.ports[0] ?? "",
    cell: (edge) => <code>{edge.ports.slice(0, 3).join(" ")}</code>,
  },
  { id: "events", head: "Flows", right: true, value: (edge) => edge.events, cell: (edge) => count(edge.events) },
  {
    id: "denied",
    head: "Denied",
    right: true,
    value: (edge) => edge.denied,
    cell: (edge) => (edge.denied ? count(edge.denied) : "–"),
  },
  {
    id: "bytes",
    head: "Bytes",
    right: true,
    value: (edge) => edge.bytes ?? -1,
    cell: (edge) => (edge.bytes === null ? "unknown" : bytes(edge.bytes)),
  },
  {
    id: "encrypted",
    head: "Encrypted",
    value: (edge) => String(edge.encrypted),
    cell: (edge) =>
      edge.encrypted === null ? "unknown" : edge.encrypted === "some" ? "partly" : edge.encrypted ? "yes" : "no",
  },
];

const named = (id: string) => {
  const entity = entityOf(id);
  return entity ? entityLabel(entity) : id;
};

const MOST = 500;

function Table({
  edges,
  selected,
  onOpen,
}: {
  edges: DrawnEdge[];
  selected: string | null;
  onOpen: (id: string) => void;
}) {
  const rows = useMemo(
    () => [...edges].sort((a, b) => b.denied - a.denied || b.events - a.events).slice(0, MOST),
    [edges],
  );
  return (
    <div className={styles.table}>
      {edges.length > MOST && (
        <Partial>
          The {MOST} connections with most denials and traffic are listed, of {count(edges.length)}.
        </Partial>
      )}
      <DataTable
        label="Connections"
        rows={rows}
        columns={COLUMNS}
        rowId={(edge) => edge.id}
        selected={selected}
        onOpen={(edge) => onOpen(edge.id)}
      />
    </div>
  );
}

function Line({ color, dash, end }: { color: string; dash?: string; end: "arrow" | "tee" | "vee" | "none" }) {
  return (
    <svg width="30" height="10" viewBox="0 0 30 10" aria-hidden>
      <path d="M1 5h23" stroke={`var(${color})`} strokeWidth="2" strokeDasharray={dash} fill="none" />
      {end === "arrow" && <path d="M23 1.5l6 3.5-6 3.5z" fill={`var(${color})`} />}
      {end === "vee" && <path d="M23 1.5l5 3.5-5 3.5" stroke={`var(${color})`} strokeWidth="1.6" fill="none" />}
      {end === "tee" && <path d="M25 .5v9" stroke={`var(${color})`} strokeWidth="2.5" fill="none" />}
    </svg>
  );
}

function Swatch({ border, fill, style = "solid" }: { border: string; fill: string; style?: string }) {
  return (
    <i
      style={{
        width: 20,
        height: 12,
        borderRadius: 3,
        border: `2px ${style} var(${border})`,
        background: `var(${fill})`,
      }}
    />
  );
}

function Legend({ lens, comparing }: { lens: Lens; comparing: boolean }) {
  const parts: [ReactNode, string][] = comparing
    ? [
        [<Line key="l" color="--added" end="arrow" />, "new"],
        [<Line key="l" color="--text-3" dash="2 3" end="arrow" />, "gone"],
        [<Line key="l" color="--medium" end="arrow" />, "changed"],
        [<Line key="l" color="--line-strong" end="none" />, "same"],
      ]
    : [
        [<Line key="l" color="--edge" end="arrow" />, "allowed"],
        [<Line key="l" color="--denied" end="tee" />, "denied"],
        [<Line key="l" color="--unknown" dash="4 3" end="vee" />, "unknown"],
      ];
  if (lens === "health")
    parts.push(
      [<Swatch key="s" border="--good" fill="--good-soft" />, "healthy"],
      [<Swatch key="s" border="--medium" fill="--medium-soft" style="dashed" />, "degraded"],
      [<Swatch key="s" border="--denied" fill="--denied-soft" style="double" />, "failing"],
    );
  else if (lens === "exposure")
    parts.push(
      [<Swatch key="s" border="--high" fill="--high-soft" style="double" />, "reachable from the internet"],
      [<Swatch key="s" border="--unknown" fill="--surface" style="dashed" />, "unknown"],
      [<Line key="l" color="--good" end="arrow" />, "encrypted"],
    );
  else
    parts.push(
      [
        <span key="t" style={{ color: "var(--critical)" }}>
          ◆
        </span>,
        "critical finding",
      ],
      [
        <span key="t" style={{ color: "var(--high)" }}>
          ▲
        </span>,
        "high",
      ],
    );
  return (
    <div className={styles.legend} aria-hidden>
      {parts.map(([mark, word]) => (
        <span key={word}>
          {mark}
          {word}
        </span>
      ))}
      <span>width: flows</span>
    </div>
  );
}
