-- How many messages are waiting, delivered and given up.
-- reads: outbox
-- since: only messages queued from here on
SELECT
    countIf(NOT has(actions, 'sent') AND NOT has(actions, 'given up')) AS waiting,
    countIf(has(actions, 'sent')) AS delivered,
    countIf(has(actions, 'given up')) AS failed
FROM
(
    SELECT message_id, groupUniqArray(action) AS actions
    FROM seawall.outbox
    WHERE {scope} AND at >= {since:DateTime64(9)}
    GROUP BY message_id
)
