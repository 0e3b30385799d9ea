-- Some signals, oldest first.
-- reads: signal
-- signals: their ids
SELECT *
FROM seawall.signal_now
WHERE {scope} AND signal_id IN {signals:Array(String)}
ORDER BY time, signal_id
