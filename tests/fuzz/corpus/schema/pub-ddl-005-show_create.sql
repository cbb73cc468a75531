CREATE TABLE `crew` (
  `crew_id` bigint(20) NOT NULL COMMENT "",
  `port_code` varchar(3) NOT NULL COMMENT "",
  `rank_no` tinyint(4) NULL COMMENT "",
  `hired` date NULL COMMENT ""
) ENGINE=OLAP 
PRIMARY KEY(`crew_id`)
DISTRIBUTED BY HASH(`crew_id`) BUCKETS 8 
ORDER BY(`port_code`, `hired`)
PROPERTIES (
"compression" = "LZ4",
"enable_persistent_index" = "true",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);