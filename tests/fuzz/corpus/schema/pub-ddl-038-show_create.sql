CREATE TABLE `i_vec` (
  `id` bigint(20) NOT NULL COMMENT "",
  `v` array<float> NOT NULL COMMENT "",
  INDEX ix_v (`v`) USING VECTOR("dim" = "8", "efconstruction" = "40", "index_type" = "hnsw", "is_vector_normed" = "false", "m" = "16", "metric_type" = "l2_distance") COMMENT ''
) ENGINE=OLAP 
DUPLICATE KEY(`id`)
DISTRIBUTED BY HASH(`id`) BUCKETS 1 
PROPERTIES (
"compression" = "LZ4",
"fast_schema_evolution" = "true",
"replicated_storage" = "true",
"replication_num" = "1"
);