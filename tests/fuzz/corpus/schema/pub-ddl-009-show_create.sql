CREATE TABLE `crane_sum` (
  `crane` int(11) NULL COMMENT "",
  `lifts` bigint(20) SUM NULL DEFAULT "0" COMMENT ""
) ENGINE=OLAP 
AGGREGATE KEY(`crane`)
DISTRIBUTED BY HASH(`crane`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);