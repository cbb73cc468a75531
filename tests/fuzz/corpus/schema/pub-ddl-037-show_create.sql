CREATE TABLE `i_gin` (
  `k` int(11) NULL COMMENT "",
  `body` varchar(65533) NULL COMMENT "",
  INDEX ix_gin (`body`) USING GIN("imp_lib" = "clucene", "parser" = "english") COMMENT ''
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "false",
"replication_num" = "1"
);