CREATE TABLE `pr_bf` (
  `k` int(11) NULL COMMENT "",
  `email` varchar(90) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"bloom_filter_columns" = "email",
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);