CREATE TABLE `harbor_events_v2` (
  `dock_id` int(11) NOT NULL COMMENT "",
  `seen_at` datetime NOT NULL COMMENT "",
  `vessel` varchar(80) NULL COMMENT "call sign",
  `tonnage` decimal(12, 3) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`dock_id`, `seen_at`)
COMMENT "arrivals"
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 6 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);