CREATE TABLE `p_expr` (
  `ts` bigint(20) NOT NULL COMMENT "",
  `shop` varchar(10) NOT NULL COMMENT "",
  `__generated_partition_column_0` varchar(1048576) NULL AS from_unixtime(`ts`, '%Y-%m') COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`ts`)
PARTITION BY (`__generated_partition_column_0`,`shop`)
DISTRIBUTED BY RANDOM
PROPERTIES (
"bucket_size" = "1073741824",
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);