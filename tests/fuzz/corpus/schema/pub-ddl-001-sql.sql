CREATE TABLE harbor_events (
  dock_id INT NOT NULL, seen_at DATETIME NOT NULL, vessel VARCHAR(80) NULL COMMENT "call sign", tonnage DECIMAL(12, 3) NULL)
ENGINE = OLAP DUPLICATE KEY(dock_id, seen_at) COMMENT "arrivals" DISTRIBUTED BY HASH(dock_id) BUCKETS 6 PROPERTIES ("replication_num" = "1")