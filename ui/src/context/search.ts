/**
 * The URL's search part. Two kinds of parameter live there: the *context* (which cluster, when, who, what), which every
 * page answers and every link between pages keeps; and what belongs to one page (lens, columns, …), which stays behind.
 */

import type { Entity } from "./entity";
import { withTerm } from "./filter";
import { DEFAULT_FROM } from "./time";

export const CONTEXT_LISTS = ["cluster", "namespace", "workload", "identity", "address"] as const;
export type ContextList = (typeof CONTEXT_LISTS)[number];

export interface Context {
  cluster?: string[];
  namespace?: string[];
  workload?: string[];
  identity?: string[];
  address?: string[];
  from?: string;
  to?: string;
  live?: "1";
  q?: string;
}

/** What belongs to the pages. Each is optional and text; a page ignores what it does not know. */
export const PAGE_PARAMS = [
  "scope",
  "group",
  "lens",
  "compare",
  "expand",
  "find",
  "hide",
  "view",
  "severity",
  "status",
  "team",
  "state",
  "dock",
  "order",
  "sql",
  "explain",
  "focus",
  "port",
  "protocol",
  "framework",
  "ask",
  "subject",
  "verb",
  "resource",
  "where",
  "object",
] as const;
export type PageParam = (typeof PAGE_PARAMS)[number];

export interface Search extends Context, Partial<Record<PageParam, string>> {
  /** The drawer: what is selected, and which of its tabs. */
  sel?: string;
  tab?: string;
}

const LISTS: readonly string[] = CONTEXT_LISTS;
const TEXTS: readonly string[] = ["from", "to", "q", "sel", "tab", ...PAGE_PARAMS];

/** Reads a search string. Unknown parameters are dropped, repeated ones of a list are alternatives, empty ones are absent. */
export function parseSearch(text: string): Search {
  const search: Record<string, unknown> = {};
  const params = new URLSearchParams(text);
  for (const name of LISTS) {
    const values = [...new Set(params.getAll(name).filter(Boolean))];
    if (values.length) search[name] = values;
  }
  for (const name of TEXTS) {
    const value = params.get(name);
    if (value) search[name] = value;
  }
  if (params.get("live") === "1") search.live = "1";
  return search as Search;
}

/** Writes a search string that people can read in a chat: `/`, `:` and `,` stay as they are. */
export function stringifySearch(search: object): string {
  const given = search as Record<string, unknown>;
  const parts: string[] = [];
  for (const name of [...LISTS, "from", "to", "live", "q", ...PAGE_PARAMS, "sel", "tab"]) {
    const value = given[name];
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== "string" || one === "") continue;
      const encoded = encodeURIComponent(one).replace(/%(2F|3A|2C|20|40)/g, (code) =>
        code === "%20" ? "+" : decodeURIComponent(code),
      );
      parts.push(`${name}=${encoded}`);
    }
  }
  return parts.length ? `?${parts.join("&")}` : "";
}

/** The context alone: what a link to another page keeps. */
export function contextOf(search: Search): Context {
  const { cluster, namespace, workload, identity, address, from, to, live, q } = search;
  return { cluster, namespace, workload, identity, address, from, to, live, q };
}

export interface Window {
  from: string;
  to: string;
  live: boolean;
}

export function windowOf(context: Context): Window {
  const live = context.live === "1";
  return { from: context.from ?? DEFAULT_FROM, to: live ? "now" : (context.to ?? "now"), live };
}

export type Params = Record<string, string | string[] | undefined>;

/** The context as the parameters of a request. */
export function contextParams(context: Context): Params {
  const { from, to } = windowOf(context);
  const { cluster, namespace, workload, identity, address, q } = context;
  return { cluster, from, to, namespace, workload, identity, address, q };
}

/** Adds an entity to the context, or takes it out if it is there: what a chip, a click and a key do. */
export function toggled(context: Context, list: ContextList, value: string): Context {
  const values = context[list] ?? [];
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  return { ...context, [list]: next.length ? next : undefined };
}

/** The context narrowed to one entity. Entity chips give way: those of one list are alternatives, so adding would widen. */
export function narrowedTo(context: Context, entity: Entity): Context {
  const bare: Context = {
    ...context,
    namespace: undefined,
    workload: undefined,
    identity: undefined,
    address: undefined,
  };
  switch (entity.kind) {
    case "namespace":
      return { ...bare, namespace: [entity.name] };
    case "workload":
      return { ...bare, workload: [`${entity.namespace}/${entity.name}`] };
    case "identity":
      return { ...bare, identity: [entity.name] };
    case "address":
      return { ...bare, address: [entity.name] };
    case "service":
      return { ...bare, q: withTerm(context.q ?? "", "dst_service", `${entity.namespace}/${entity.name}`) };
    default:
      return {
        ...bare,
        namespace: entity.namespace ? [entity.namespace] : undefined,
        q: [context.q, JSON.stringify(entity.name)].filter(Boolean).join(" "),
      };
  }
}
