-- How many rows of a batch are in the table of events: more than 0 without a ledger row is a batch cut off before it was acknowledged.
-- reads: KIND
-- batch_id: the batch
SELECT count() AS rows
FROM seawall.{table}
WHERE {scope} AND batch_id = {batch_id:String}
