CREATE TABLE `order` (
  `select` int(11) NULL COMMENT "",
  `名前` varchar(10) NULL COMMENT "",
  `ab` int(11) NULL COMMENT "",
  `has space` date NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`select`)
DISTRIBUTED BY HASH(`select`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);