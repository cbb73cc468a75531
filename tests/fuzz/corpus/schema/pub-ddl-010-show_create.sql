CREATE TABLE `berth_stats` (
  `berth` int(11) NULL COMMENT "",
  `mean_wait` varbinary avg(bigint(20)) NULL COMMENT "",
  `uniq_ships` varbinary approx_count_distinct(varchar(60)) NULL COMMENT ""
) ENGINE=OLAP 
AGGREGATE KEY(`berth`)
DISTRIBUTED BY HASH(`berth`)
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);