CREATE TABLE `p_auto` (
  `region` varchar(8) NOT NULL COMMENT "",
  `d` date NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`region`)
PARTITION BY (`region`,`d`)
DISTRIBUTED BY HASH(`region`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);