CREATE TABLE `p_batch_i` (
  `n` int(11) NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`n`)
PARTITION BY RANGE(`n`)
(PARTITION p1 VALUES [("1"), ("3")),
PARTITION p3 VALUES [("3"), ("5")),
PARTITION p5 VALUES [("5"), ("7")),
PARTITION p7 VALUES [("7"), ("9")))
DISTRIBUTED BY HASH(`n`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);