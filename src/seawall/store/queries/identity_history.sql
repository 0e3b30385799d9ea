-- Every owner an address had in a window, oldest first.
-- reads: identity_interval
-- address: the address, as text
-- since, until: the window
SELECT *
FROM seawall.identity_interval_now
WHERE {scope} AND address = {address:String} AND valid_from < {until:DateTime64(9)} AND (isNull(valid_to) OR valid_to > {since:DateTime64(9)})
ORDER BY cluster, valid_from
