CREATE TABLE `t_scalars` (
  `k` int(11) NULL COMMENT "",
  `c1` tinyint(4) NULL COMMENT "",
  `c2` smallint(6) NULL COMMENT "",
  `c3` bigint(20) NULL COMMENT "",
  `c4` largeint(40) NULL COMMENT "",
  `c5` float NULL COMMENT "",
  `c6` double NULL COMMENT "",
  `c7` decimal(9, 2) NULL COMMENT "",
  `c8` decimal(38, 10) NULL COMMENT "",
  `c9` char(10) NULL COMMENT "",
  `c10` varchar(255) NULL COMMENT "",
  `c11` varchar(65533) NULL COMMENT "",
  `c12` date NULL COMMENT "",
  `c13` datetime NULL COMMENT "",
  `c14` boolean NULL COMMENT "",
  `c15` json NULL COMMENT "",
  `c16` varbinary NULL COMMENT "",
  `c17` varbinary(16) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);