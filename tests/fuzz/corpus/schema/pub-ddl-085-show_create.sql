CREATE TABLE `p_range` (
  `d` date NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`d`)
PARTITION BY RANGE(`d`)
(PARTITION p1 VALUES [("0000-01-01"), ("2031-01-01")),
PARTITION p2 VALUES [("2031-01-01"), ("2031-02-01")),
PARTITION p3 VALUES [("2031-02-01"), ("2031-03-01")))
DISTRIBUTED BY HASH(`d`) BUCKETS 2 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);