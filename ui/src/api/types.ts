/**
 * What the server answers. Every shape comes from the server's own description: `make docs` writes openapi.json from its code, `npm run api`
 * openapi.d.ts from that; here they get the names that pages use. By hand stands only what the description leaves open (what is in a cell of a
 * table, in a row that was asked for by its id) and what no server answers yet.
 */

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Severity = Schemas["FindingView"]["severity"];

export type Me = Schemas["Me"];
export type ClusterSummary = Schemas["ClusterView"];
export type AbsoluteWindow = Schemas["Window"];
export type Overview = Schemas["Overview"];
export type SeverityCounts = Schemas["SeverityCounts"];
export type TeamPosture = Schemas["TeamPosture"];
export type TrafficPoint = Schemas["TrafficPoint"];

export type Graph = Schemas["Graph"];
export type GraphNode = Schemas["GraphNode"];
export type GraphEdge = Schemas["GraphEdge"];

export const EVENT_KINDS = ["flow", "dns", "audit", "process"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export type Scalar = string | number | boolean | null;
export type CellValue = Scalar | Scalar[] | Record<string, Scalar>;

export type EventField = Schemas["Column"];
export type EventPage = Omit<Schemas["EventPage"], "rows"> & { rows: CellValue[][] };

/** One event: its columns, and what belongs to it. */
export interface EventRow {
  [field: string]: CellValue | TrailStep[] | DecidingRule | undefined;
  causalTrail?: TrailStep[];
  rule?: DecidingRule;
}

export interface TrailStep {
  kind: string;
  id: string;
  time: string;
  summary: string;
}

export interface DecidingRule {
  policy: string;
  rule: string;
  verdict: string;
  why?: string;
  /** The dataplane and the model differ, under policies that held then. */
  disagrees?: boolean;
  staged?: string;
  draft?: string;
  sides?: { direction: "egress" | "ingress"; verdict: string; policy: string; rule: string }[];
}

export type Histogram = Schemas["Histogram"];
export type Health = Schemas["Health"];
export type SourceHealth = Schemas["SourceHealth"];
export type Finding = Schemas["FindingView"];
export type FindingDetail = Schemas["FindingDetail"];
export type FindingGroup = Schemas["FindingGroup"];
export type Findings = Schemas["Findings"];
export type Fix = Schemas["Fix"];
export type ObjectName = Schemas["ObjectName"];
export type Rule = Schemas["RuleDetail"];
export type EntityView = Omit<Schemas["Entity"], "about"> & { about: Record<string, CellValue> };
export type Peer = Schemas["app_entities_Connection"];
export type PolicyOfEntity = Schemas["PolicyOfEntity"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type Incident = Schemas["IncidentDetail"];
export type IncidentEntry = Schemas["IncidentEntry"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type Signal = Schemas["SignalView"];
export type ObjectChange = Schemas["ObjectChange"];
export type Board = Schemas["Board"];
export type BoardPolicy = Schemas["BoardPolicy"];
export type Cut = Schemas["policy_board_Truncated"];
export type ReachMatrix = Schemas["ReachMatrix"];
export type Explanation = Schemas["PolicyExplanation"];
export type Schema = Schemas["Schema"];
export type SqlAnswer = Omit<Schemas["SqlAnswer"], "rows"> & { rows: CellValue[][] };
export type WhoCan = Schemas["WhoCan"];
export type WhatCan = Schemas["WhatCan"];
export type AccessSubjects = Schemas["Subjects"];
export type AccessChanges = Schemas["AccessChanges"];
export type TeamReport = Schemas["TeamReport"];
export type Teams = Schemas["TeamPages"];
export type RecordedFlow = Schemas["RecordedFlow"];
export type Recommendation = Schemas["RecommendAnswer"];
export type PolicyPreview = Schemas["PreviewAnswer"];
export type TrafficCoverage = Recommendation["coverage"];
export type RecommendedUnit = Recommendation["units"][number];
export type Problem = Partial<Schemas["Problem"]> & Pick<Schemas["Problem"], "status">;

export type Frameworks = Schemas["Frameworks"];
export type Framework = Schemas["Compliance"];
export type Control = Schemas["ControlResult"];
export type ControlState = Control["state"];
export type ComplianceUnit = Schemas["Unit"];
export type TrendPoint = Schemas["TrendPoint"];
