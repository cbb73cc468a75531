CREATE TABLE `manifest` (
  `line_id` bigint(20) NOT NULL AUTO_INCREMENT COMMENT "",
  `cargo` varchar(64) NOT NULL DEFAULT "unknown" COMMENT "",
  `qty` int(11) NULL DEFAULT "0" COMMENT ""
) ENGINE=OLAP 
PRIMARY KEY(`line_id`)
DISTRIBUTED BY HASH(`line_id`)
PROPERTIES (
"compression" = "LZ4",
"enable_persistent_index" = "true",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);