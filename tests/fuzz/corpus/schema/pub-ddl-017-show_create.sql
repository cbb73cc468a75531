CREATE TABLE `t_def` (
  `id` bigint(20) NULL COMMENT "",
  `a` int(11) NOT NULL DEFAULT "7" COMMENT "",
  `b` varchar(10) NULL DEFAULT "x'y" COMMENT "",
  `d` datetime NULL DEFAULT CURRENT_TIMESTAMP COMMENT "",
  `e` datetime NULL DEFAULT current_timestamp(3) COMMENT "",
  `f` varchar(36) NULL DEFAULT (uuid()) COMMENT "",
  `g` largeint(40) NULL DEFAULT (uuid_numeric()) COMMENT "",
  `h` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`id`)
DISTRIBUTED BY HASH(`id`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);