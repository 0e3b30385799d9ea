import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { parseSearch, type Search, stringifySearch } from "./context/search";
import { Frame } from "./frame/Frame";
import { Empty, SkeletonLines } from "./parts/States";

const root = createRootRoute({
  component: Frame,
  validateSearch: (search: Record<string, unknown>): Search => search as Search,
  notFoundComponent: () => (
    <Empty icon="question" title="There is no such page">
      The places are on the left; <kbd>g</kbd> and a letter goes there.
    </Empty>
  ),
});

const page = <Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load),
    pendingComponent: () => <SkeletonLines lines={8} />,
  });

const routes = root.addChildren([
  page("/", () => import("./pages/overview/Overview")),
  page("/graph", () => import("./pages/graph/GraphPage")),
  page("/policy", () => import("./pages/policy/Policy")),
  page("/posture", () => import("./pages/posture/Posture")),
  page("/incidents", () => import("./pages/incidents/Incidents")),
  page("/incidents/$incident", () => import("./pages/incidents/IncidentPage")),
  page("/explore/$kind", () => import("./pages/explore/Explore")),
  page("/health", () => import("./pages/health/HealthPage")),
  createRoute({
    getParentRoute: () => root,
    path: "/explore",
    beforeLoad: ({ search }) => {
      throw redirect({ to: "/explore/$kind", params: { kind: "flow" }, search: search as never, replace: true });
    },
  }),
]);

export const router = createRouter({
  routeTree: routes,
  parseSearch: (text) => parseSearch(text),
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingMs: 60,
  defaultPendingMinMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
