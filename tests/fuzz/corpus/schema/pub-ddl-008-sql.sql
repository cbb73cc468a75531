CREATE TABLE dock_rollup (
  dock_id INT NOT NULL, day DATE NOT NULL, moves BIGINT SUM DEFAULT "0", peak INT MAX, low INT MIN,
  last_ship VARCHAR(40) REPLACE, last_known VARCHAR(40) REPLACE_IF_NOT_NULL, visitors BITMAP BITMAP_UNION, ships HLL HLL_UNION, wait_p PERCENTILE PERCENTILE_UNION)
AGGREGATE KEY(dock_id, day) PARTITION BY date_trunc('day', day) DISTRIBUTED BY HASH(dock_id) BUCKETS 4 PROPERTIES ("replication_num"="1")