-- In how many hours of a window there was traffic at all, how many events, and whether some of it is simulated.
-- reads: edge_minute
-- since, until: the window, from (included) to (excluded)
SELECT
    uniqExact(toStartOfHour(e.minute)) AS hours,
    sum(e.events + e.reply_events) AS events,
    max(e.simulated) AS simulated
FROM {edges} AS e
