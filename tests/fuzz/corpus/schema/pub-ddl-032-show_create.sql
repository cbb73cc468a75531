CREATE TABLE `p_s2d` (
  `ds` varchar(20) NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`ds`)
PARTITION BY RANGE(str2date(ds, '%Y%m%d'))
(PARTITION p20300101 VALUES [("2030-01-01"), ("2030-01-02")),
PARTITION p20300102 VALUES [("2030-01-02"), ("2030-01-03")),
PARTITION p20300103 VALUES [("2030-01-03"), ("2030-01-04")))
DISTRIBUTED BY HASH(`v`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);