CREATE TABLE `tide_raw` (
  `station` smallint(6) NULL COMMENT "",
  `level_cm` int(11) NULL COMMENT "",
  `ts` datetime NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`station`, `level_cm`, `ts`)
DISTRIBUTED BY HASH(`station`) BUCKETS 2 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);