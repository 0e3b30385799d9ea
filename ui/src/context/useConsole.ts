import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Entity } from "./entity";
import { type Context, contextOf, contextParams, type Params, type Search, type Window, windowOf } from "./search";
import { type Selection, selectionOf, selectionText } from "./selection";
import { millis } from "./time";

export interface Console {
  search: Search;
  context: Context;
  window: Window;
  /** The context as request parameters; the same object as long as the context is the same. */
  params: Params;
  selection: Selection | null;
  /** Changes parameters of this page's URL. `replace` for what Back should not undo one by one (typing, dragging). */
  set: (change: Partial<Search>, replace?: boolean) => void;
  select: (selection: Selection | null, tab?: string) => void;
  open: (entity: Entity) => void;
}

/** The URL, as every page reads and changes it. */
export function useConsole(): Console {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Partial<Search>, replace = false) => {
      void navigate({ to: ".", search: ((previous: Search) => ({ ...previous, ...change })) as never, replace });
    },
    [navigate],
  );
  const select = useCallback(
    (selection: Selection | null, tab?: string) =>
      set({ sel: selection ? selectionText(selection) : undefined, tab: selection ? tab : undefined }),
    [set],
  );
  const open = useCallback((entity: Entity) => select({ what: "entity", entity }), [select]);
  const context = useMemo(() => contextOf(search), [search]);
  const params = useMemo(() => contextParams(context), [context]);
  const window = useMemo(() => windowOf(context), [context]);
  const selection = useMemo(() => selectionOf(search.sel), [search.sel]);
  return { search, context, window, params, selection, set, select, open };
}

/** The places of the console; Health lies beneath the six. */
export const PLACES = [
  { to: "/", name: "Overview", icon: "overview", key: "o" },
  { to: "/graph", name: "Graph", icon: "graph", key: "g" },
  { to: "/policy", name: "Policy", icon: "policy", key: "p" },
  { to: "/posture", name: "Posture", icon: "posture", key: "s" },
  { to: "/incidents", name: "Incidents", icon: "incidents", key: "i" },
  { to: "/explore/flow", name: "Explore", icon: "explore", key: "e" },
  { to: "/health", name: "Health", icon: "health", key: "h" },
] as const;

export type Place = (typeof PLACES)[number]["to"];

/** The search of a link to another page: the context stays, the drawer stays, what belonged to this page goes. */
export function kept(change: Partial<Search> = {}): (previous: Search) => Search {
  return (previous) => ({ ...contextOf(previous), sel: previous.sel, tab: previous.tab, ...change });
}

const listeners = new Set<() => void>();

/** How far the server's clock is ahead of this one. Where a recording is shown, its now is the recording's end. */
let ahead = 0;
let now = Date.now();

export function setClock(serverNow: number): void {
  ahead = serverNow - Date.now();
  now = serverNow;
  for (const one of listeners) one();
}

let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now() + ahead;
    for (const one of listeners) one();
  }, 5_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** One clock for all relative times, so that a page of them changes together and not more often than it must. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    if (!timer) now = Date.now() + ahead;
    return now;
  });
}

/** The window in milliseconds, of this moment. */
export function absoluteWindow(window: Window, at: number): { from: number; to: number } {
  return { from: millis(window.from, at), to: millis(window.to, at) };
}
