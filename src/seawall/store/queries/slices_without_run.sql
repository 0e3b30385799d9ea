-- The slices a stateless rule has not looked at: stored batches without a run of this version that came to an end.
-- reads: batch_ledger, rule_run
-- kind: the kind of event the rule reads
-- rule, rule_version: the rule
-- since: only batches stored from here on (when the rule was first enabled)
-- limit: at most so many batches, oldest first
SELECT batch_id, cluster, source, rows_out, least_time, greatest_time, stored_at, simulated
FROM seawall.batch_ledger
WHERE {scope} AND kind = {kind:String} AND outcome = 'stored' AND rows_out > 0 AND stored_at >= {since:DateTime64(9)}
    AND batch_id NOT IN
    (
        SELECT batch_id
        FROM seawall.rule_run
        WHERE {scope:rule_run} AND rule = {rule:String} AND rule_version = {rule_version:String} AND error = '' AND batch_id != ''
    )
ORDER BY stored_at, batch_id
LIMIT {limit:UInt32}
