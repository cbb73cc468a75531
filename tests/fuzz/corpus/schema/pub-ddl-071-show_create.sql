CREATE TABLE `harbor_events` (
  `dock_id` int(11) NOT NULL COMMENT "",
  `seen_at` datetime NOT NULL COMMENT "",
  `vessel` varchar(80) NULL COMMENT "call sign",
  `flag_state` varchar(3) NULL DEFAULT "XX" COMMENT "ISO",
  `tonnage` decimal(12, 3) NULL COMMENT "",
  `pilot` varchar(30) NULL COMMENT "",
  `tug_count` tinyint(4) NULL DEFAULT "0" COMMENT ""
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