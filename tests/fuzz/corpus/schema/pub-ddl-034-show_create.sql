CREATE TABLE `p_ttl` (
  `d` date NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`d`)
PARTITION BY date_trunc('day', d)
DISTRIBUTED BY HASH(`v`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"partition_live_number" = "12",
"replicated_storage" = "true",
"replication_num" = "1"
);