CREATE TABLE `p_fixed` (
  `k` int(11) NULL COMMENT "",
  `d` date NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
PARTITION BY RANGE(`d`)
(PARTITION q1 VALUES [("2030-01-01"), ("2030-04-01")),
PARTITION q2 VALUES [("2030-04-01"), ("2030-07-01")))
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);