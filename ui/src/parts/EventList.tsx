import { useEventPages } from "~/api/events";
import type { EventKind } from "~/api/types";
import type { Params } from "~/context/search";
import { useConsole } from "~/context/useConsole";
import { EventGrid } from "./EventGrid";
import styles from "./events.module.css";
import { Empty, Failed, SkeletonLines } from "./States";
import { useColumns } from "./useColumns";

const NARROW: Record<EventKind, string[]> = {
  flow: ["time", "src_end", "dst_end", "port_end", "verdict", "decided", "bytes_sent"],
  dns: ["time", "actor_workload", "question", "question_type", "response_code", "latency"],
  audit: ["time", "user", "request", "object_end", "code", "source_addresses"],
  process: ["time", "actor_workload", "action", "command", "user", "pid"],
};

/** Events of one kind that belong to something: newest first, a row opens in the drawer. */
export function EventList({
  kind,
  params,
  live = false,
  what,
}: {
  kind: EventKind;
  params: Params;
  live?: boolean;
  what: string;
}) {
  const { selection, select, set } = useConsole();
  const columns = useColumns(kind, false, NARROW[kind]);
  const { query, loaded, first } = useEventPages(kind, params, columns.needs, undefined, {
    limit: 200,
    refetch: live ? 5_000 : false,
  });
  if (query.isPending || !columns.ready)
    return query.error ? <Failed error={query.error} what="Events" /> : <SkeletonLines lines={5} />;
  if (query.error && loaded.rows.length === 0)
    return <Failed error={query.error} what="Events" retry={() => void query.refetch()} />;
  if (loaded.rows.length === 0)
    return (
      <Empty icon={kind} title={`No ${NAMES[kind]} of ${what} in this window`}>
        A longer window may hold some; Health shows whether a source of this kind delivers.
      </Empty>
    );
  return (
    <div className={styles.list}>
      <EventGrid
        label={`${NAMES[kind]} of ${what}`}
        columns={columns.columns}
        shown={columns.shown}
        widths={columns.widths}
        onWidths={(widths) => columns.change({ widths })}
        fields={columns.fields}
        rows={loaded}
        total={first?.total ?? null}
        selected={selection?.what === "event" && selection.kind === kind ? selection.id : null}
        onOpen={(id, moving) =>
          moving ? set({ sel: `event:${kind}/${id}` }, true) : select({ what: "event", kind, id })
        }
        onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
      />
    </div>
  );
}

export const NAMES: Record<EventKind, string> = { flow: "flows", dns: "DNS", audit: "activity", process: "processes" };
