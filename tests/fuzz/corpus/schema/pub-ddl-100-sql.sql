CREATE TABLE `harbor_events_p` (
  `dock_id` int(11) NOT NULL COMMENT "",
  `seen_at` datetime NOT NULL COMMENT "",
  `vessel` varchar(80) NULL COMMENT "call sign",
  `body` json NULL COMMENT "",
  `pos` struct<lat double, lon double> NULL COMMENT "",
  `kind` varchar(65533) NULL AS get_json_string(`body`, '$.kind') COMMENT "",
  INDEX ix_v (`vessel`) USING BITMAP COMMENT 'v'
) ENGINE=OLAP 
DUPLICATE KEY(`dock_id`, `seen_at`)
COMMENT "arrivals"
PARTITION BY RANGE(`seen_at`)
(PARTITION p1 VALUES [("0000-01-01 00:00:00"), ("2031-01-01 00:00:00")))
DISTRIBUTED BY HASH(`dock_id`) BUCKETS 6 
ORDER BY(`dock_id`)
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);