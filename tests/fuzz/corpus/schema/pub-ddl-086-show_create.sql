CREATE TABLE `p_list` (
  `region` varchar(8) NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`region`)
PARTITION BY LIST(`region`)(
  PARTITION west VALUES IN ('pt', 'ie'),
  PARTITION north VALUES IN ('no', 'se'),
  PARTITION south VALUES IN ('it')
)
DISTRIBUTED BY HASH(`region`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);