-- In this engine (26.9) a view whose query was changed gives its inserts other tokens after a restart than before it, until it
-- is loaded anew: a batch repeated over that restart was counted twice. Loaded here, before anything is inserted.
DETACH TABLE IF EXISTS seawall.edge_minute_of_flow{on_cluster};
ATTACH TABLE IF NOT EXISTS seawall.edge_minute_of_flow{on_cluster};
DETACH TABLE IF EXISTS seawall.edge_hour_of_edge_minute{on_cluster};
ATTACH TABLE IF NOT EXISTS seawall.edge_hour_of_edge_minute{on_cluster};
