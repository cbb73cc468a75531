CREATE TABLE `p_list2` (
  `region` varchar(8) NOT NULL COMMENT "",
  `d` date NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`region`, `d`)
PARTITION BY LIST(`region`,`d`)(
  PARTITION x VALUES IN (('no', '2030-01-01'), ('no', '2030-01-02'))
)
DISTRIBUTED BY HASH(`region`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);