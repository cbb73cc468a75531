CREATE TABLE `berth_state` (
  `berth` int(11) NOT NULL COMMENT "",
  `slot` int(11) NOT NULL COMMENT "",
  `occupied` boolean NULL COMMENT "",
  `updated` datetime NULL DEFAULT CURRENT_TIMESTAMP COMMENT ""
) ENGINE=OLAP 
UNIQUE KEY(`berth`, `slot`)
DISTRIBUTED BY HASH(`berth`) BUCKETS 3 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);