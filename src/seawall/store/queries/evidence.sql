-- Events by their ids: what is copied beside a signal.
-- reads: KIND
-- batch_ids: the batches the events came in
-- event_ids: the events
SELECT *, event_id
FROM seawall.{table}
WHERE {scope} AND batch_id IN {batch_ids:Array(String)} AND event_id IN {event_ids:Array(String)}
LIMIT 100000
