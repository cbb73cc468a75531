CREATE EXTERNAL CATALOG `lake_ice`
comment "iceberg"
PROPERTIES ("hive.metastore.uris"  =  "thrift://127.0.0.1:9083",
"type"  =  "iceberg",
"iceberg.catalog.type"  =  "hive"
)