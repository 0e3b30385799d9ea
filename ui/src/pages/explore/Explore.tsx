import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { EVENT_KINDS, type EventKind } from "~/api/types";
import { kept } from "~/context/useConsole";
import { Icon } from "~/marks/Icon";
import parts from "~/parts/parts.module.css";
import { Empty, SkeletonLines } from "~/parts/States";
import { EventsPage } from "./EventsPage";

const Sql = lazy(() => import("./Sql"));

export const KIND_NAMES: Record<EventKind, string> = {
  flow: "Flows",
  dns: "DNS",
  audit: "Activity",
  process: "Processes",
};

/** My own question: events of each kind, and SQL. */
export default function Explore() {
  const { kind } = useParams({ strict: false }) as { kind: string };
  const known = EVENT_KINDS.find((one) => one === kind);
  const tabs = (
    <nav aria-label="What to explore">
      {EVENT_KINDS.map((one) => (
        <Link
          key={one}
          to="/explore/$kind"
          params={{ kind: one }}
          search={kept() as never}
          className={parts.tab}
          aria-current={one === kind ? "page" : undefined}
        >
          <Icon name={one} size={14} />
          {KIND_NAMES[one]}
        </Link>
      ))}
      <Link
        to="/explore/$kind"
        params={{ kind: "sql" }}
        search={kept() as never}
        className={parts.tab}
        aria-current={kind === "sql" ? "page" : undefined}
      >
        <Icon name="sql" size={14} />
        SQL
      </Link>
    </nav>
  );
  if (kind === "sql")
    return (
      <Suspense fallback={<SkeletonLines lines={8} />}>
        <Sql tabs={tabs} />
      </Suspense>
    );
  if (!known)
    return <Empty title={`There are no events called ${kind}`}>Flows, DNS, activity and processes are kept.</Empty>;
  return <EventsPage key={known} kind={known} tabs={tabs} />;
}
