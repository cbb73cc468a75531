CREATE MATERIALIZED VIEW `mv_man` (`dock` COMMENT "k", `n`)
DISTRIBUTED BY RANDOM
REFRESH DEFERRED MANUAL
PROPERTIES (
"replicated_storage" = "true",
"replication_num" = "1",
"storage_medium" = "HDD"
)
AS SELECT dock_id, count(*) FROM harbor_events GROUP BY dock_id;