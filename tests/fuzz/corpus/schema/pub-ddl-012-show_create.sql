CREATE TABLE `t_width` (
  `a` tinyint(4) NULL COMMENT "",
  `b` smallint(6) NULL COMMENT "",
  `d` int(11) NULL COMMENT "",
  `e` bigint(20) NULL COMMENT "",
  `f` largeint(40) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`a`)
DISTRIBUTED BY HASH(`a`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);