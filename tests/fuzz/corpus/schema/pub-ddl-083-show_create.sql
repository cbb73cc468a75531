CREATE TABLE `p_dyn` (
  `d` date NOT NULL COMMENT "",
  `v` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`d`)
PARTITION BY RANGE(`d`)
(PARTITION p20261122 VALUES [("2026-11-22"), ("2026-11-23")),
PARTITION p20261123 VALUES [("2026-11-23"), ("2026-11-24")),
PARTITION p20261124 VALUES [("2026-11-24"), ("2026-11-25")))
DISTRIBUTED BY HASH(`v`) BUCKETS 2 
PROPERTIES (
"compression" = "LZ4",
"dynamic_partition.buckets" = "4",
"dynamic_partition.enable" = "true",
"dynamic_partition.end" = "5",
"dynamic_partition.history_partition_num" = "0",
"dynamic_partition.prefix" = "p",
"dynamic_partition.start" = "-7",
"dynamic_partition.time_unit" = "DAY",
"dynamic_partition.time_zone" = "UTC",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);