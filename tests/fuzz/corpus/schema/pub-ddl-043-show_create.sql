CREATE TABLE `r_in` (
  `a` int(11) NULL COMMENT "",
  `b` int(11) NULL COMMENT "",
  `v` bigint(20) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`a`, `b`)
DISTRIBUTED BY HASH(`a`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);