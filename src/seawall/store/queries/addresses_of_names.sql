-- In which networks (/24 of IPv4, /48 of IPv6) the servers of each DNS name were in a window.
-- reads: flow
-- since, until: the window, from (included) to (excluded)
SELECT domain, network
FROM
(
    SELECT
        if(ifNull(is_reply, false), src_domain, dst_domain) AS domain,
        if(ifNull(is_reply, false), src_address, dst_address) AS server,
        multiIf(
            isIPv4String(server), concat(IPv4NumToString(bitAnd(IPv4StringToNumOrDefault(server), 0xFFFFFF00)), '/24'),
            isIPv6String(server), concat(IPv6NumToString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(server), 48), 1)), '/48'),
            '') AS network
    FROM seawall.flow
    WHERE {scope} AND time >= {since:DateTime64(9)} AND time < {until:DateTime64(9)} AND {filter}
)
WHERE domain != ''
GROUP BY ALL
