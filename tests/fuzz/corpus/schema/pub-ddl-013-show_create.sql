CREATE TABLE `t_nested` (
  `id` int(11) NULL COMMENT "",
  `tags` array<varchar(20)> NULL COMMENT "",
  `grid` array<array<int(11)>> NULL COMMENT "",
  `attrs` map<varchar(30),decimal(10, 2)> NULL COMMENT "",
  `pos` struct<lat double, lon double, path array<struct<t datetime, speed float>>> NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`id`)
DISTRIBUTED BY HASH(`id`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);