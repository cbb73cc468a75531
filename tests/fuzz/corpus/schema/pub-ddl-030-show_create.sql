CREATE TABLE `p_ts` (
  `ts` datetime NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`ts`)
PARTITION BY time_slice(ts, 6, 'hour', 'floor')
DISTRIBUTED BY HASH(`v`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);