-- Events of batches that were stored after a moment: what a live tail adds, oldest first.
-- Batches stored at once may come into sight out of order: ask again from a few seconds before the last `stored_at` and leave
-- out the ids already shown.
-- reads: KIND, batch_ledger
-- after: a `stored_at` of the ledger
-- since: no event older than this
-- limit: at most so many rows, the newest
SELECT *
FROM
(
    SELECT {columns}, event_id
    FROM seawall.{table}
    WHERE {scope} AND {filter}
        AND time >= {since:DateTime64(9)}
        AND batch_id IN (SELECT batch_id FROM seawall.batch_ledger WHERE kind = '{table}' AND stored_at > {after:DateTime64(9)})
    ORDER BY time DESC, batch_id DESC, batch_row DESC
    LIMIT {limit:UInt32}
)
ORDER BY time, batch_id, batch_row
