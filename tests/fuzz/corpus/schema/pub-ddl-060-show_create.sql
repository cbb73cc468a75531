CREATE MATERIALIZED VIEW `mv_pexpr` (`day`, `dock_id`, `s`)
PARTITION BY (date_trunc('month', `day`))
DISTRIBUTED BY HASH(`dock_id`)
REFRESH ASYNC
PROPERTIES (
"replicated_storage" = "true",
"replication_num" = "1",
"storage_medium" = "HDD"
)
AS SELECT day, dock_id, sum(moves) s FROM dock_rollup GROUP BY day, dock_id;