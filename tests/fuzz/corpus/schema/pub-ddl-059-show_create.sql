CREATE MATERIALIZED VIEW `mv_ord` (`k`, `n`)
DISTRIBUTED BY HASH(`k`)
ORDER BY (n)
REFRESH ASYNC
PROPERTIES (
"replicated_storage" = "true",
"replication_num" = "1",
"storage_medium" = "HDD"
)
AS SELECT dock_id AS k, count(*) AS n FROM harbor_events GROUP BY dock_id;