CREATE TABLE `harbor_events` (
  `dock_id` int(11) NOT NULL COMMENT "",
  `note` varchar(9) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`dock_id`)
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 2 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);