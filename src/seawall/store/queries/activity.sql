-- How much happened over time: events of every kind by outcome, from the minute roll-up.
-- Flows are counted as reported, so traffic that both ends report counts twice here; graph_edges counts it once.
-- reads: event_minute
-- since, until: the window, from (included) to (excluded)
-- step: seconds in a bucket, a multiple of 60
SELECT
    toStartOfInterval(minute, toIntervalSecond({step:UInt32})) AS bucket,
    cluster, kind, outcome, simulated,
    sum(events) AS events,
    sum(late) AS late
FROM seawall.event_minute
WHERE {scope} AND minute >= toStartOfMinute({since:DateTime64(9)}) AND minute < {until:DateTime64(9)} AND {filter}
GROUP BY ALL
ORDER BY bucket, cluster, kind, outcome
