CREATE TABLE `t_alias` (
  `a` int(11) NULL COMMENT "",
  `b` varchar(65533) NULL COMMENT "",
  `d` decimal(10, 2) NULL COMMENT "",
  `e` varchar(65533) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`a`)
DISTRIBUTED BY HASH(`a`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);