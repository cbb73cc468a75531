CREATE TABLE `i_bm` (
  `k` int(11) NULL COMMENT "",
  `status` varchar(8) NULL COMMENT "",
  INDEX ix_status (`status`) USING BITMAP COMMENT 'by status'
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);