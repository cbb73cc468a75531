CREATE TABLE `p_multi` (
  `d` date NULL COMMENT "",
  `shop` int(11) NULL COMMENT "",
  `amt` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`d`, `shop`)
PARTITION BY RANGE(`d`, `shop`)
(PARTITION a VALUES [("0000-01-01", "-2147483648"), ("2030-01-01", "100")),
PARTITION b VALUES [("2030-01-01", "100"), ("2030-01-01", "200")))
DISTRIBUTED BY HASH(`shop`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);