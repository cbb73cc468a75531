CREATE TABLE `pr_fk` (
  `k` int(11) NOT NULL COMMENT "",
  `dock` int(11) NULL COMMENT ""
) ENGINE=OLAP 
DUPLICATE KEY(`k`)
DISTRIBUTED BY HASH(`k`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1",
"unique_constraints" = "default_catalog.harbor.pr_fk.k"
);