-- Who owned an address at a moment; several rows if the sources disagree or the network is shared with a node.
-- reads: identity_interval
-- address: the address, as text
-- at: the moment
SELECT *
FROM seawall.identity_interval_now
WHERE {scope} AND address = {address:String} AND valid_from <= {at:DateTime64(9)} AND (isNull(valid_to) OR valid_to > {at:DateTime64(9)})
ORDER BY cluster, valid_from DESC
