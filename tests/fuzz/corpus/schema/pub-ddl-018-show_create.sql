CREATE TABLE `t_cm` (
  `id` int(11) NULL COMMENT "it's \"quoted\" \\ and ; semicolon",
  `n` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`id`)
COMMENT "line1
line2 -- not a comment"
DISTRIBUTED BY HASH(`id`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);