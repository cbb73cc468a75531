CREATE TABLE `pr_mix` (
  `k` int(11) NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "ZSTD(6)",
"enable_statistic_collect_on_first_load" = "false",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1",
"storage_cooldown_ttl" = "3 days",
"storage_medium" = "SSD",
"write_quorum" = "ONE"
);