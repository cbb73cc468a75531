CREATE TABLE `dock_rollup` (
  `dock_id` int(11) NOT NULL COMMENT "",
  `day` date NOT NULL COMMENT "",
  `moves` bigint(20) SUM NULL DEFAULT "0" COMMENT "",
  `peak` int(11) MAX NULL COMMENT "",
  `low` int(11) MIN NULL COMMENT "",
  `last_ship` varchar(40) REPLACE NULL COMMENT "",
  `last_known` varchar(40) REPLACE_IF_NOT_NULL NULL COMMENT "",
  `visitors` bitmap BITMAP_UNION NULL COMMENT "",
  `ships` hll HLL_UNION NULL COMMENT "",
  `wait_p` percentile PERCENTILE_UNION NULL COMMENT ""
) ENGINE=OLAP 
AGGREGATE KEY(`dock_id`, `day`)
PARTITION BY date_trunc('day', day)
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 4 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);