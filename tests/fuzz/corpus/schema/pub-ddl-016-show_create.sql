CREATE TABLE `t_dec` (
  `k` int(11) NULL COMMENT "",
  `a` decimal(10, 0) NULL COMMENT "",
  `b` decimal(8, 0) NULL COMMENT "",
  `d` decimal(9, 3) NULL COMMENT "",
  `e` decimal(18, 6) NULL COMMENT "",
  `f` decimal(38, 18) NULL COMMENT "",
  `g` decimal(27, 9) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);