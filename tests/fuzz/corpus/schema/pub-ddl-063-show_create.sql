CREATE MATERIALIZED VIEW `mv_day` (`day`, `dock_id`, `moves`)
COMMENT "per day"
PARTITION BY (`day`)
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 2 
REFRESH ASYNC EVERY(INTERVAL 30 MINUTE)
PROPERTIES (
"replicated_storage" = "true",
"partition_refresh_number" = "3",
"replication_num" = "1",
"storage_medium" = "HDD"
)
AS SELECT day, dock_id, sum(moves) AS moves FROM dock_rollup GROUP BY day, dock_id;