/**
 * What the server answers, by hand from the contract. `npm run api` writes openapi.d.ts beside this file from the server's own
 * description; these names then become aliases of the generated ones.
 */

export type Severity = "critical" | "high" | "medium" | "low" | "info";
export type Role = "view" | "operate" | "admin";

export interface Me {
  name: string;
  role: Role;
  scope: { clusters?: string[] | null; namespaces?: string[] | null; kinds?: string[] | null };
  csrf: string;
  /** The server's clock; where a recording is shown (`recorded`), the recording's end. */
  now?: string;
  recorded?: boolean;
  version?: string;
}

export interface ClusterSummary {
  id: string;
  name: string;
  scope: string;
  objects: number;
  takenAt: string | null;
  version: string;
  simulated: boolean;
  context?: string;
}

export interface AbsoluteWindow {
  from: string;
  to: string;
}

export interface SeverityCounts {
  critical: number;
  high: number;
  medium: number;
  low: number;
}

export interface TeamPosture extends SeverityCounts {
  team: string;
  yesterday: SeverityCounts | null;
}

export interface TrafficPoint {
  t: string;
  allowed: number;
  denied: number;
  unknown: number;
}

export interface SourceState {
  source: string;
  kind: string;
  state?: string;
  lagSeconds: number | null;
  lastEvent: string | null;
}

export interface Overview {
  incidents: Record<string, number>;
  posture: { byTeam: TeamPosture[]; bySeverity: Partial<Record<Severity, number>> };
  traffic: { flows: number; denied: number; unknown: number; series: TrafficPoint[] };
  health: { sources: SourceState[]; lossRatio: number | null; unknowns: number };
  simulated: boolean;
  newest?: string | null;
  window?: AbsoluteWindow;
}

export interface GraphNode {
  id: string;
  kind: string;
  name: string;
  namespace: string;
  cluster: string;
  parent?: string | null;
  labels?: Record<string, string> | null;
  findings: { critical: number; high: number };
  unknown: boolean;
  health?: "ok" | "degraded" | "failing" | "unknown" | null;
  exposure?: "internet" | "cluster" | "none" | "unknown" | null;
}

export interface GraphEdge {
  id: string;
  source: string;
  target: string;
  protocol: string;
  port: number | null;
  events: number;
  bytes: number | null;
  allowed: number;
  denied: number;
  unknown: number;
  encrypted: boolean | null;
  simulated: boolean;
  lastSeen: string;
  change?: "new" | "gone" | "changed" | "same" | null;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  groups: { id: string; name: string; nodes: number }[];
  truncated: { nodes: number; edges: number } | null;
  window: AbsoluteWindow;
}

export const EVENT_KINDS = ["flow", "dns", "audit", "process"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export type Scalar = string | number | boolean | null;
export type CellValue = Scalar | Scalar[] | Record<string, Scalar>;

export interface EventField {
  name: string;
  type: string;
  unit: string;
  meaning: string;
}

export interface EventPage {
  columns: EventField[];
  rows: CellValue[][];
  next: string | null;
  total: number | null;
  simulated: boolean;
  window?: AbsoluteWindow;
}

export interface Histogram {
  from: string;
  to: string;
  /** Seconds a bucket. */
  step: number;
  series: { name: string; counts: number[] }[];
}

export interface TrailStep {
  kind: string;
  id: string;
  time: string;
  summary: string;
}

export interface EventRow {
  [field: string]: CellValue | TrailStep[] | DecidingRule | undefined;
  causalTrail?: TrailStep[];
  rule?: DecidingRule;
}

export interface DecidingRule {
  policy: string;
  rule: string;
  verdict: string;
  why?: string;
}

export interface ObjectName {
  kind: string;
  namespace: string;
  name: string;
  group: string;
}

export interface Fix {
  kind: string;
  /** The part of the object that changes, as a unified diff. */
  patch?: string | null;
  text: string;
  /** What works goes on working with the change. */
  safe: boolean;
  /** Why it is safe, or what it may break. */
  why: string;
  /** The line that makes the change in the manifests; "" where none can. */
  command: string;
}

export interface Finding {
  id: string;
  rule: string;
  title: string;
  severity: Severity;
  status: "fail" | "unknown" | "skipped";
  object: ObjectName;
  owner: ObjectName | Record<string, string> | null;
  team?: string;
  path: string;
  place: string;
  message: string;
  fix: Fix | null;
  firstSeen: string;
  lastSeen: string;
  count: number;
  frameworks: Record<string, string[]>;
}

export interface FindingDetail extends Finding {
  history: { at: string; transition: string }[];
  evidence: { kind: string; id: string }[] | Record<string, unknown> | null;
}

export interface FindingGroup {
  id: string;
  rule: string;
  title: string;
  severity: Severity;
  count: number;
  objects: number;
  firstSeen: string;
  exposure: string;
  effort: string;
}

export interface Findings {
  groups: FindingGroup[];
  findings: Finding[];
  counts: { bySeverity: Partial<Record<Severity, number>>; unknown: number; suppressed: number };
  next?: string | null;
  coverage: {
    gaps: (string | { kind?: string; what?: string; where?: string; reason?: string; why?: string; count?: number })[];
    /** Kinds of object that no check knows, with their number. */
    unknownKinds: string[] | Record<string, number>;
    hidden?: boolean;
  };
}

export interface Rule {
  id: string;
  title: string;
  severity: Severity;
  why: string;
  what: string;
  fix: string;
  limits: string;
  docs: string;
  frameworks: Record<string, string[]>;
}

export interface Peer {
  entity: string;
  protocol: string;
  port: number | null;
  events: number;
  bytes: number | null;
  denied: number;
  unknown?: number;
  lastSeen: string;
  simulated?: boolean;
}

export interface PolicyOfEntity {
  kind: string;
  namespace: string;
  name: string;
  tier?: string;
  direction?: string;
  summary?: string;
}

export interface EntityView {
  about: Record<string, CellValue>;
  connections: { in: Peer[]; out: Peer[] };
  findings: Finding[];
  policy: PolicyOfEntity[];
  changes: { at: string; what: string }[];
  raw: unknown;
  simulated?: boolean;
}

export interface IncidentSummary {
  id: string;
  title: string;
  state: string;
  severity: Severity;
  firstSeen: string;
  lastSeen: string;
  entities: string[];
  /** ATT&CK tactics seen, as their names or ids. */
  stages: string[];
  signals: number;
  simulated: boolean;
}

export interface TimelineEntry {
  time: string;
  kind: "signal" | "audit" | "flow" | "dns" | "process" | "finding" | "change" | "note";
  title: string;
  detail: string;
  entity: string;
  ref: { kind: string; id: string } | null;
  severity: Severity | "";
  simulated: boolean;
}

export interface Signal {
  id: string;
  rule: string;
  title?: string;
  score: number | null;
  severity?: Severity;
  reasons: string[];
  evidence: { kind: string; id: string }[];
  suppressed: boolean | string | null;
}

export interface IncidentEntry {
  id: string;
  at: string;
  actor: string;
  action: string;
  text: string;
}

export interface Incident extends Omit<IncidentSummary, "signals"> {
  timeline: TimelineEntry[];
  signals: Signal[];
  entries: IncidentEntry[];
}

export interface SourceHealth extends SourceState {
  recordsIn: number;
  rowsOut: number;
  accepted: number;
  duplicate: number;
  dropped: Record<string, number>;
  malformed: number;
  inFlight: number;
  late: number;
  clockOffset: number | null;
  simulated?: boolean;
}

export interface Health {
  sources: SourceHealth[];
  store: {
    state: string;
    url?: string;
    version: string;
    sizeBytes: number | null;
    rows: number | null;
    diskFree: number | null;
  };
  blindSpots: { technique: string; name: string; why: string }[];
  scans: {
    at?: string;
    cluster?: string;
    findings?: number;
    seconds?: number;
    unknown?: number;
    [key: string]: unknown;
  }[];
  live: { state: string; kinds: { kind: string; state: string; why: string }[] };
  notifier: { outbox: number; delivered: number; failed: number };
}

export interface ObjectChange {
  at: string;
  /** One line: object, change and who made it. */
  what: string;
  object: { kind: string; namespace: string; name: string };
  /** `created`, `changed`, `removed`. */
  change: string;
  actor: string;
}

export interface BoardPolicy {
  id: string;
  kind: string;
  namespace: string;
  name: string;
  order: number | null;
  selects: number | null;
  allows: number;
  denies: number;
  hits: number | null;
  lastHit: string | null;
  unused: boolean | null;
  staged: boolean;
  problems: string[];
  simulated?: boolean;
  /** Whom it is about, in words. */
  subject?: string;
  state?: "ok" | "invalid" | "unsupported" | "not-enforced" | "doubtful";
  /** Open findings that name it; null where the reader may see none. */
  findings?: number | null;
}

/** How many are shown, of how many. */
export interface Cut {
  shown: number;
  total: number;
}

export interface Board {
  tiers: {
    id: string;
    name: string;
    order: number | null;
    owner: string;
    dialect: string;
    default: string;
    policies: BoardPolicy[];
  }[];
  unknown: string[];
  hitsWindow: AbsoluteWindow | null;
  truncated?: Cut | null;
}

export interface ReachMatrix {
  subjects: { id: string; name: string; namespace?: string }[];
  cells: { from: string; to: string; verdict: "allowed" | "denied" | "partial" | "unknown"; why?: string }[];
  /** The workload that the cells are about, first of the subjects. */
  focus?: string | null;
  traffic?: string;
  truncated?: Cut | null;
  unknown?: string[];
}

export interface Explanation {
  verdict: string;
  steps: {
    tier: string;
    policy: string;
    rule: string;
    direction: string;
    verdict: string;
    why: string;
    decides?: boolean;
  }[];
  smallestChange: { text: string; patch?: string | null; edits?: { command: string }[] } | null;
  /** Where the ends stand for several kinds of pods; the steps are those of the pair `shown`. */
  pairs?: { allowed: number; denied: number; unknown: number; judged: number; total: number } | null;
  shown?: string;
  unknown: string[];
}

export interface Schema {
  tables: { name: string; meaning: string; columns: EventField[] }[];
}

export interface SqlAnswer {
  columns: (string | EventField)[];
  rows: CellValue[][];
  truncated: boolean;
  elapsedMs: number;
}

export type ControlState = "fail" | "unknown" | "accepted" | "pass" | "out of scope" | "not covered";
export type ControlCounts = Partial<Record<ControlState, number>>;

export interface Frameworks {
  frameworks: { id: string; name: string; version: string; controls: number; states: ControlCounts }[];
  at: string;
  scanned: boolean;
}

export interface Control {
  id: string;
  title: string;
  state: ControlState;
  checks: string[];
  failing: string[];
  fail: number;
  unknown: number;
  accepted: number;
  objects: number;
  severity: Severity | "";
  why: string[];
}

export interface ComplianceUnit {
  name: string;
  states: ControlCounts;
  fail: number;
  failing: string[];
}

export interface Framework {
  framework: string;
  name: string;
  version: string;
  states: ControlCounts;
  controls: Control[];
  namespaces: ComplianceUnit[];
  teams: ComplianceUnit[];
  partial: string[];
}

/** Open faults at a moment. */
export interface TrendPoint {
  at: string;
  bySeverity: Record<Severity, number>;
}

export interface WhoCan {
  subjects: {
    id: string;
    kind: string;
    name: string;
    namespace: string;
    via: { binding: string; role: string }[];
    scope: string;
  }[];
  unknown: string[];
}

export interface TeamReport {
  team: string;
  namespaces: string[];
  workloads: number;
  policies: { policy: ObjectName; tier: string }[];
  openings: { workload: ObjectName; reachedBy: ("outside" | "cluster")[]; reaches: ("outside" | "cluster")[] }[];
  powerless: string[];
  broken: { name: string; outcome: string; before: string; reason: string }[];
  others: {
    subject: { kind: string; name: string; namespace: string };
    what: string[];
    namespaces: string[];
    bindings: ObjectName[];
  }[];
  system: number;
  unknown: string[];
}

export interface Teams {
  source: "contract" | "labels";
  teams: TeamReport[];
}

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  where?: string | number | Record<string, unknown>;
}

/** Flows of one pair of ends and port; `why` says what decides, or why nothing can be said. */
export interface RecordedFlow {
  source: string;
  destination: string;
  traffic: string;
  events: number;
  lastSeen: string;
  why: string;
}

/** How much of its window and of the cluster a record of traffic shows. */
export interface TrafficCoverage {
  since: string;
  until: string;
  hours: number;
  windowHours: number;
  records: number;
  lost: Record<string, number>;
  workloads: number;
  unseen: string[];
  neverRan: string[];
  simulated: boolean;
}

export interface RecommendedUnit {
  namespace: string;
  name: string;
  workloads: string[];
  pods: number;
  labels: { key: string; value: string; why: string }[];
  passed: { key: string; why: string }[];
  yaml: string;
  rules: number;
  flows: number;
  notKept: number;
  seen: boolean;
}

/** Policies that recorded traffic needs, with their proof. `first` is said before any number. */
export interface Recommendation {
  first: string[];
  form: string;
  by: string;
  units: RecommendedUnit[];
  unnamed: { workload: string; why: string }[];
  losses: string[];
  assumed: string[];
  proof: {
    observed: number;
    leftOut: number;
    refused: number;
    kept: number;
    notKept: RecordedFlow[];
    parts: number;
    needed: number;
    always: number;
    idle: string[];
    surplusPairs: number;
    surplus: { source: string; destination: string; traffic: string[]; ports: number }[];
    wider: string[];
    widerPairs: number;
    vouched: number;
  };
  coverage: TrafficCoverage;
}

/** What a change of policies does; `recorded` is null where no traffic was asked about. */
export interface PolicyPreview {
  first: string[];
  changed: string[];
  recorded: {
    judged: number;
    cut: number;
    cutEvents: number;
    opened: number;
    openedEvents: number;
    unknown: number;
    disagree: number;
    cutFlows: RecordedFlow[];
    openedFlows: RecordedFlow[];
    whose: string[];
    lastCut: string;
    coverage: TrafficCoverage;
    confidence: { level: "high" | "medium" | "low" | "none"; why: string };
  } | null;
  possible: {
    opened: number;
    cut: number;
    unknown: number;
    changes: { source: string; destination: string; newlyAllowed: string[]; newlyDenied: string[] }[];
  };
}
