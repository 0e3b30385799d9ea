-- One event, by its id.
-- reads: KIND
-- batch_id, batch_row: the two parts of the id
SELECT *, event_id
FROM seawall.{table}
WHERE {scope} AND batch_id = {batch_id:String} AND batch_row = {batch_row:UInt32}
LIMIT 1
