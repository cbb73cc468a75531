CREATE MATERIALIZED VIEW `mv_day` (`day`, `dock_id`, `moves`)
COMMENT "per day"
PARTITION BY (`day`)
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 2 
REFRESH ASYNC START("2031-05-01 00:00:00") EVERY(INTERVAL 2 HOUR)
PROPERTIES (
"replicated_storage" = "true",
"partition_refresh_number" = "3",
"replication_num" = "1",
"storage_medium" = "HDD"
)
AS SELECT day, dock_id, sum(moves) AS moves FROM dock_rollup GROUP BY day, dock_id;