CREATE TABLE `t_gen` (
  `id` int(11) NOT NULL COMMENT "",
  `body` json NULL COMMENT "",
  `kind` varchar(20) NULL AS get_json_string(body, '$.kind') COMMENT "",
  `twice` bigint(20) NULL AS id * 2 COMMENT "x2"
) ENGINE=OLAP 
PRIMARY KEY(`id`)
DISTRIBUTED BY HASH(`id`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"enable_persistent_index" = "true",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);