// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::state {

namespace {

constexpr std::string_view kOnChange = "ERROR WARN ALLOW IGNORE";

constexpr std::array kTimeColumnFields = {
    Required("column", Shape::kExpression),
    Optional("format", Shape::kText),
};

constexpr std::array kCsvSettingsFields = {
    Optional("delimiter", Shape::kText),
    Optional("quotechar", Shape::kText),
    Optional("doublequote", Shape::kLooseBoolean),
    Optional("escapechar", Shape::kText),
    Optional("skipinitialspace", Shape::kLooseBoolean),
    Optional("lineterminator", Shape::kText),
    Optional("encoding", Shape::kText),
    Optional("na_values", Shape::kAny),
    Optional("keep_default_na", Shape::kLooseBoolean),
};

constexpr Field KindName() { return Required("name", Shape::kText); }
constexpr Field Dialect() { return {"dialect", Shape::kText, Absent::kNodeDialect}; }
constexpr Field Column(std::string_view name, std::string_view column) {
  return {name, Shape::kField, Absent::kQuotedColumn, column};
}

constexpr std::array kNameOnlyFields = {KindName()};

// SQLMesh's class _Incremental.
constexpr std::array kIncrementalFields = {
    KindName(),
    Default("on_destructive_change", Shape::kUpperName, "\"ERROR\"", nullptr, kOnChange),
    Default("on_additive_change", Shape::kUpperName, "\"ALLOW\"", nullptr, kOnChange),
    Optional("auto_restatement_cron", Shape::kCron),
};

constexpr auto kTimeRangeFields =
    Join(kIncrementalFields, std::array{
                                 Dialect(),
                                 Optional("batch_size", Shape::kPositive),
                                 Optional("batch_concurrency", Shape::kPositive),
                                 Optional("lookback", Shape::kPositive),
                                 Default("forward_only", Shape::kLooseBoolean, "false"),
                                 Default("disable_restatement", Shape::kLooseBoolean, "false"),
                                 Required("time_column", Shape::kTimeColumn),
                                 Optional("auto_restatement_intervals", Shape::kPositive),
                                 Default("partition_by_time_column", Shape::kLooseBoolean, "true"),
                             });

constexpr auto kUniqueKeyFields =
    Join(kIncrementalFields, std::array{
                                 Dialect(),
                                 Optional("batch_size", Shape::kPositive),
                                 Default("batch_concurrency", Shape::kOne, "1"),
                                 Optional("lookback", Shape::kPositive),
                                 Default("forward_only", Shape::kLooseBoolean, "false"),
                                 Default("disable_restatement", Shape::kLooseBoolean, "false"),
                                 Required("unique_key", Shape::kFieldList),
                                 Optional("when_matched", Shape::kWhenMatched),
                                 Optional("merge_filter", Shape::kExpression),
                             });

constexpr auto kPartitionFields =
    Join(kIncrementalFields, std::array{
                                 Default("forward_only", Shape::kTrue, "true"),
                                 Default("disable_restatement", Shape::kLooseBoolean, "false"),
                             });

constexpr auto kUnmanagedFields =
    Join(kIncrementalFields, std::array{
                                 Default("insert_overwrite", Shape::kLooseBoolean, "false"),
                                 Default("forward_only", Shape::kLooseBoolean, "true"),
                                 Default("disable_restatement", Shape::kLooseBoolean, "true"),
                             });

// SQLMesh's class _SCDType2Kind.
constexpr auto kScdFields =
    Join(kIncrementalFields, std::array{
                                 Dialect(),
                                 Required("unique_key", Shape::kFieldList),
                                 Column("valid_from_name", "valid_from"),
                                 Column("valid_to_name", "valid_to"),
                                 Default("invalidate_hard_deletes", Shape::kLooseBoolean, "false"),
                                 Default("time_data_type", Shape::kDataType, "\"TIMESTAMP\""),
                                 Optional("batch_size", Shape::kPositive),
                                 Default("forward_only", Shape::kLooseBoolean, "true"),
                                 Default("disable_restatement", Shape::kLooseBoolean, "true"),
                             });

constexpr auto kScdByTimeFields =
    Join(kScdFields, std::array{
                         Column("updated_at_name", "updated_at"),
                         Default("updated_at_as_valid_from", Shape::kLooseBoolean, "false"),
                     });

constexpr auto kScdByColumnFields =
    Join(kScdFields, std::array{
                         Required("columns", Shape::kFieldList),
                         Default("execution_time_as_valid_from", Shape::kLooseBoolean, "false"),
                         Optional("updated_at_name", Shape::kField),
                     });

constexpr std::array kSeedKindFields = {
    KindName(),
    Required("path", Shape::kAnyText),
    Default("batch_size", Shape::kPositive, "1000"),
    Optional("csv_settings", Shape::kObject, &kCsvSettingsModel),
};

constexpr std::array kViewFields = {
    KindName(),
    Default("materialized", Shape::kLooseBoolean, "false"),
};

constexpr std::array kCustomFields = {
    KindName(),
    Required("materialization", Shape::kAnyText),
    Optional("materialization_properties", Shape::kExpression),
    Default("forward_only", Shape::kLooseBoolean, "false"),
    Default("disable_restatement", Shape::kLooseBoolean, "false"),
    Optional("batch_size", Shape::kPositive),
    Optional("batch_concurrency", Shape::kPositive),
    Optional("lookback", Shape::kPositive),
    Optional("auto_restatement_cron", Shape::kCron),
    Optional("auto_restatement_intervals", Shape::kPositive),
    Excluded("dialect", Shape::kText),
};

constexpr std::array kManagedFields = {
    KindName(),
    Default("disable_restatement", Shape::kTrue, "true"),
};

constexpr std::array kDbtCustomFields = {
    KindName(),
    Required("materialization", Shape::kAnyText),
    Default("adapter", Shape::kAnyText, "\"default\""),
    Required("definition", Shape::kAnyText),
    Dialect(),
};

struct NamedKind {
  std::string_view name;
  Model model;
};

constexpr NamedKind kKinds[] = {
    {"FULL", MakeModel("FullKind", kNameOnlyFields)},
    {"VIEW", MakeModel("ViewKind", kViewFields)},
    {"INCREMENTAL_BY_TIME_RANGE", MakeModel("IncrementalByTimeRangeKind", kTimeRangeFields)},
    {"INCREMENTAL_BY_UNIQUE_KEY", MakeModel("IncrementalByUniqueKeyKind", kUniqueKeyFields)},
    {"INCREMENTAL_BY_PARTITION", MakeModel("IncrementalByPartitionKind", kPartitionFields)},
    {"INCREMENTAL_UNMANAGED", MakeModel("IncrementalUnmanagedKind", kUnmanagedFields)},
    {"SCD_TYPE_2", MakeModel("SCDType2ByTimeKind", kScdByTimeFields)},
    {"SCD_TYPE_2_BY_TIME", MakeModel("SCDType2ByTimeKind", kScdByTimeFields)},
    {"SCD_TYPE_2_BY_COLUMN", MakeModel("SCDType2ByColumnKind", kScdByColumnFields)},
    {"SEED", MakeModel("SeedKind", kSeedKindFields)},
    {"EMBEDDED", MakeModel("EmbeddedKind", kNameOnlyFields)},
    {"EXTERNAL", MakeModel("ExternalKind", kNameOnlyFields)},
    {"CUSTOM", MakeModel("CustomKind", kCustomFields)},
    {"MANAGED", MakeModel("ManagedKind", kManagedFields)},
    {"DBT_CUSTOM", MakeModel("DbtCustomKind", kDbtCustomFields)},
};

constexpr std::string_view kIntervalUnits =
    "year month day hour half_hour quarter_hour five_minute";

constexpr std::array kSqlTextFields = {
    Required("sql", Shape::kText),
    Optional("transaction", Shape::kBoolean),
};

constexpr std::array kExecutableFields = {
    Required("payload", Shape::kText),
    Default("kind", Shape::kName, "\"definition\"", nullptr, "import value definition"),
    Optional("name", Shape::kText),
    Optional("path", Shape::kText),
    Optional("alias", Shape::kText),
    Optional("is_metadata", Shape::kBoolean),
};

constexpr std::array kMacroReferenceFields = {
    Optional("package", Shape::kText),
    Required("name", Shape::kText),
};
constexpr Model kMacroReferenceModel = MakeModel("MacroReference", kMacroReferenceFields);

constexpr std::array kMacroInfoFields = {
    Required("definition", Shape::kText),
    Required("depends_on", Shape::kObjectList, &kMacroReferenceModel),
    Default("is_top_level", Shape::kBoolean, "false"),
};
constexpr Model kMacroInfoModel = MakeModel("MacroInfo", kMacroInfoFields);

constexpr std::array kJinjaMacrosFields = {
    Default("packages", Shape::kObjectMapMap, kEmptyMap, &kMacroInfoModel),
    Default("root_macros", Shape::kObjectMap, kEmptyMap, &kMacroInfoModel),
    Default("global_objs", Shape::kAnyMap, kEmptyMap),
    Default("create_builtins_module", Shape::kText, "\"sqlmesh.utils.jinja\""),
    Optional("root_package_name", Shape::kText),
    Default("top_level_packages", Shape::kTextList, kEmptyList),
};

constexpr std::array kDbtNodeFields = {
    Required("unique_id", Shape::kText),
    Required("name", Shape::kText),
    Required("fqn", Shape::kText),
    Optional("alias", Shape::kText),
};

constexpr std::array kSeedFields = {Required("content", Shape::kText)};

constexpr std::array kModelAuditFields = {
    Required("name", Shape::kLowerText),
    Default("dialect", Shape::kLowerText, "\"\""),
    Default("skip", Shape::kLooseBoolean, "false"),
    Default("blocking", Shape::kLooseBoolean, "true"),
    Default("standalone", Shape::kFalse, "false"),
    Required("query", Shape::kSql),
    Default("defaults", Shape::kExpressionMap, kEmptyMap),
    Optional("expressions", Shape::kSqlList),
    Default("jinja_macros", Shape::kObject, kJinjaDefault, &kJinjaMacrosModel),
    Excluded("formatting", Shape::kLooseBoolean),
    Optional("dbt_node_info", Shape::kObject, &kDbtNodeModel),
};

// SQLMesh's class _Node.
constexpr std::array kNodeFields = {
    Default("project", Shape::kText, "\"\""),
    Optional("description", Shape::kAnyText),
    Optional("owner", Shape::kAnyText),
    Optional("start", Shape::kTime),
    Optional("end", Shape::kTime),
    Default("cron", Shape::kCron, "\"@daily\""),
    Optional("cron_tz", Shape::kText),
    Optional("interval_unit", Shape::kLowerName, nullptr, kIntervalUnits),
    Default("tags", Shape::kTagList, kEmptyList),
    Optional("stamp", Shape::kAnyText),
    Optional("dbt_node_info", Shape::kObject, &kDbtNodeModel),
};

constexpr std::array kNodeNameField = {Required("name", Shape::kAnyText)};

// SQLMesh's classes ModelMeta and _Model.
constexpr std::array kModelFields = {
    Default("dialect", Shape::kLowerText, "\"\""),
    Optional("kind", Shape::kKind),  // DefaultKind() if absent
    Optional("retention", Shape::kInteger),
    Optional("table_format", Shape::kAnyText),
    Optional("storage_format", Shape::kAnyText),
    Default("partitioned_by", Shape::kFieldList, kEmptyList),
    Default("clustered_by", Shape::kFieldList, kEmptyList),
    Optional("default_catalog", Shape::kAnyText),
    Optional("depends_on", Shape::kTextSet),
    Optional("columns", Shape::kColumns),
    Optional("column_descriptions", Shape::kColumnTexts),
    Default("audits", Shape::kCallList, kEmptyList),
    Default("grains", Shape::kExpressionList, kEmptyList),
    Default("references", Shape::kExpressionList, kEmptyList),
    Optional("physical_schema_override", Shape::kText),
    Optional("physical_properties", Shape::kExpression),
    Optional("virtual_properties", Shape::kExpression),
    Optional("session_properties", Shape::kExpression),
    Default("allow_partials", Shape::kLooseBoolean, "false"),
    Default("signals", Shape::kCallList, kEmptyList),
    Default("enabled", Shape::kLooseBoolean, "true"),
    Optional("physical_version", Shape::kAnyText),
    Optional("gateway", Shape::kLowerText),
    Optional("optimize_query", Shape::kLooseBoolean),
    Excluded("ignored_rules", Shape::kAny),
    Excluded("formatting", Shape::kLooseBoolean),
    Default("virtual_environment_mode", Shape::kName, "\"full\"", nullptr, "full dev_only"),
    Optional("grants", Shape::kExpression),
    Default("grants_target_layer", Shape::kName, "\"virtual\"", nullptr, "all physical virtual"),
    Default("python_env", Shape::kObjectMap, kEmptyMap, &kExecutableModel),
    Default("jinja_macros", Shape::kObject, kJinjaDefault, &kJinjaMacrosModel),
    Default("audit_definitions", Shape::kObjectMap, kEmptyMap, &kModelAuditModel),
    Default("mapping_schema", Shape::kAnyMap, kEmptyMap),
    Default("extract_dependencies_from_query", Shape::kBoolean, "true"),
    Optional("pre_statements", Shape::kSqlList),
    Optional("post_statements", Shape::kSqlList),
    Optional("on_virtual_update", Shape::kSqlList),
};

constexpr auto kSqlModelFields = Join(
    kNodeNameField, kNodeFields, kModelFields,
    std::array{Required("query", Shape::kSql), Default("source_type", Shape::kText, "\"sql\"")});

constexpr auto kSeedModelFields = Join(kNodeNameField, kNodeFields, kModelFields,
                                       std::array{
                                           Required("seed", Shape::kObject, &kSeedModel),
                                           Optional("column_hashes", Shape::kTextMap),
                                           Optional("derived_columns_to_types", Shape::kColumns),
                                           Default("is_hydrated", Shape::kBoolean, "true"),
                                           Default("source_type", Shape::kText, "\"seed\""),
                                       });

constexpr auto kPythonModelFields =
    Join(kNodeNameField, kNodeFields, kModelFields,
         std::array{Required("entrypoint", Shape::kText),
                    Default("source_type", Shape::kText, "\"python\"")});

constexpr auto kExternalModelFields =
    Join(kNodeNameField, kNodeFields, kModelFields,
         std::array{Default("source_type", Shape::kText, "\"external\"")});

constexpr auto kStandaloneAuditFields = Join(
    std::array{
        Required("name", Shape::kLowerText),
        Default("dialect", Shape::kLowerText, "\"\""),
        Default("skip", Shape::kLooseBoolean, "false"),
        Default("blocking", Shape::kLooseBoolean, "false"),
        Default("standalone", Shape::kTrue, "true"),
        Required("query", Shape::kSql),
        Default("defaults", Shape::kExpressionMap, kEmptyMap),
        Optional("expressions", Shape::kSqlList),
        Default("jinja_macros", Shape::kObject, kJinjaDefault, &kJinjaMacrosModel),
        Excluded("formatting", Shape::kLooseBoolean),
    },
    kNodeFields,
    std::array{
        Optional("default_catalog", Shape::kAnyText),
        Optional("depends_on", Shape::kTextSet),
        Default("python_env", Shape::kObjectMap, kEmptyMap, &kExecutableModel),
        Default("source_type", Shape::kText, "\"audit\""),
    });

constexpr Model kSqlModel = MakeModel("SqlModel", kSqlModelFields);
constexpr Model kSeedNodeModel = MakeModel("SeedModel", kSeedModelFields);
constexpr Model kPythonModel = MakeModel("PythonModel", kPythonModelFields);
constexpr Model kExternalModel = MakeModel("ExternalModel", kExternalModelFields);
constexpr Model kStandaloneAudit = MakeModel("StandaloneAudit", kStandaloneAuditFields);

constexpr std::string_view kNaming = "schema_and_table table_only hash_md5";
constexpr std::string_view kVirtualMode = "full dev_only";
constexpr std::string_view kSuffixTarget = "schema table catalog";
constexpr std::string_view kKindNames =
    "INCREMENTAL_BY_TIME_RANGE INCREMENTAL_BY_UNIQUE_KEY INCREMENTAL_BY_PARTITION "
    "INCREMENTAL_UNMANAGED FULL SCD_TYPE_2 SCD_TYPE_2_BY_TIME SCD_TYPE_2_BY_COLUMN VIEW EMBEDDED "
    "SEED EXTERNAL CUSTOM MANAGED DBT_CUSTOM";

constexpr std::array kFingerprintFields = {
    Required("data_hash", Shape::kText),
    Required("metadata_hash", Shape::kText),
    Default("parent_data_hash", Shape::kText, "\"0\""),
    Default("parent_metadata_hash", Shape::kText, "\"0\""),
};

constexpr std::array kSnapshotIdFields = {
    Required("name", Shape::kText),
    Required("identifier", Shape::kText),
};

constexpr std::array kDataVersionFields = {
    Required("fingerprint", Shape::kObject, &kFingerprintModel),
    Required("version", Shape::kText),
    Optional("dev_version", Shape::kText),
    Optional("change_category", Shape::kCategory),
    Optional("physical_schema", Shape::kText),
    Required("dev_table_suffix", Shape::kText),
    Default("table_naming_convention", Shape::kName, "\"schema_and_table\"", nullptr, kNaming),
    Default("virtual_environment_mode", Shape::kName, "\"full\"", nullptr, kVirtualMode),
};

constexpr std::array kSnapshotFields = {
    Required("name", Shape::kText),
    Optional("dev_version", Shape::kText),
    Optional("change_category", Shape::kCategory),
    Required("fingerprint", Shape::kObject, &kFingerprintModel),
    Default("previous_versions", Shape::kObjectTuple, kEmptyList, &kDataVersionModel),
    Optional("base_table_name_override", Shape::kText),
    Default("dev_table_suffix", Shape::kText, "\"dev\""),
    Default("table_naming_convention", Shape::kName, "\"schema_and_table\"", nullptr, kNaming),
    Default("forward_only", Shape::kVolatile, "false"),
    Optional("physical_schema", Shape::kText),
    Required("node", Shape::kNode),
    Required("parents", Shape::kObjectTuple, &kSnapshotIdModel),
    Default("intervals", Shape::kVolatile, kEmptyList),
    Default("dev_intervals", Shape::kVolatile, kEmptyList),
    Default("pending_restatement_intervals", Shape::kVolatile, kEmptyList),
    Required("created_ts", Shape::kInteger),
    Required("updated_ts", Shape::kVolatile),
    Required("ttl", Shape::kTimeToLive),
    Optional("version", Shape::kText),
    Optional("unpaused_ts", Shape::kVolatile),
    Optional("effective_from", Shape::kTime),
    Default("migrated", Shape::kBoolean, "false"),
    Default("unrestorable", Shape::kVolatile, "false"),
    Optional("next_auto_restatement_ts", Shape::kVolatile),
    Optional("last_altered_ts", Shape::kVolatile),
    Optional("dev_last_altered_ts", Shape::kVolatile),
};

constexpr std::array kTableInfoFields = {
    Required("name", Shape::kText),
    Optional("dev_version", Shape::kText),
    Optional("change_category", Shape::kCategory),
    Required("fingerprint", Shape::kObject, &kFingerprintModel),
    Default("previous_versions", Shape::kObjectTuple, kEmptyList, &kDataVersionModel),
    Optional("base_table_name_override", Shape::kText),
    Required("dev_table_suffix", Shape::kText),
    Default("table_naming_convention", Shape::kName, "\"schema_and_table\"", nullptr, kNaming),
    Default("forward_only", Shape::kBoolean, "false"),
    Required("version", Shape::kText),
    Required("physical_schema", Shape::kText),
    Required("parents", Shape::kObjectTuple, &kSnapshotIdModel),
    Optional("kind_name", Shape::kName, nullptr, kKindNames),
    Default("node_type", Shape::kName, "\"model\"", nullptr, "model audit"),
    Optional("custom_materialization", Shape::kText),
    Optional("model_gateway", Shape::kText),
    Default("virtual_environment_mode", Shape::kName, "\"full\"", nullptr, kVirtualMode),
};

constexpr std::array kEnvironmentFields = {
    Default("name", Shape::kText, "\"prod\""),
    Required("start_at", Shape::kTime),
    Optional("end_at", Shape::kTime),
    Required("plan_id", Shape::kText),
    Optional("previous_plan_id", Shape::kText),
    Optional("expiration_ts", Shape::kInteger),
    Optional("finalized_ts", Shape::kInteger),
    Default("suffix_target", Shape::kName, "\"schema\"", nullptr, kSuffixTarget),
    Optional("catalog_name_override", Shape::kText),
    Default("normalize_name", Shape::kTruthy, "true"),
    Default("gateway_managed", Shape::kTruthy, "false"),
    Required("snapshots", Shape::kVolatile),
    Optional("promoted_snapshot_ids", Shape::kVolatile),
    Optional("previous_finalized_snapshots", Shape::kVolatile),
    Default("requirements", Shape::kTextMap, kEmptyMap),
};

constexpr std::array kEnvironmentStatementsFields = {
    Required("before_all", Shape::kTextList),
    Required("after_all", Shape::kTextList),
    Required("python_env", Shape::kObjectMap, &kExecutableModel),
    Optional("jinja_macros", Shape::kObject, &kJinjaMacrosModel),
    Optional("project", Shape::kText),
};

constexpr std::array kEnvironmentWithStatementsFields = {
    Required("environment", Shape::kObject, &kEnvironmentModel),
    Default("statements", Shape::kObjectList, kEmptyList, &kEnvironmentStatementsModel),
};

}  // namespace

constinit const Model kTimeColumnModel = MakeModel("TimeColumn", kTimeColumnFields);
constinit const Model kCsvSettingsModel = MakeModel("CsvSettings", kCsvSettingsFields);

const Model* FindKindModel(std::string_view name) {
  for (const NamedKind& kind : kKinds) {
    if (kind.name == name) return &kind.model;
  }
  return nullptr;
}

constinit const Model kSqlTextModel = MakeModel("ParsableSql", kSqlTextFields);
constinit const Model kExecutableModel = MakeModel("Executable", kExecutableFields);
constinit const Model kJinjaMacrosModel = MakeModel("JinjaMacroRegistry", kJinjaMacrosFields);
constinit const Model kModelAuditModel = MakeModel("ModelAudit", kModelAuditFields);
constinit const Model kDbtNodeModel = MakeModel("DbtNodeInfo", kDbtNodeFields);
constinit const Model kSeedModel = MakeModel("Seed", kSeedFields);

const Model* FindNodeModel(std::string_view source_type) {
  if (source_type == "sql") return &kSqlModel;
  if (source_type == "seed") return &kSeedNodeModel;
  if (source_type == "python") return &kPythonModel;
  if (source_type == "external") return &kExternalModel;
  if (source_type == "audit") return &kStandaloneAudit;
  return nullptr;
}

std::string_view DefaultKind(std::string_view source_type) {
  if (source_type == "sql") return R"({"name":"VIEW","materialized":false})";
  if (source_type == "python") return R"({"name":"FULL"})";
  if (source_type == "external") return R"({"name":"EXTERNAL"})";
  return {};
}

constinit const Model kFingerprintModel = MakeModel("SnapshotFingerprint", kFingerprintFields);
constinit const Model kSnapshotIdModel = MakeModel("SnapshotId", kSnapshotIdFields);
constinit const Model kDataVersionModel = MakeModel("SnapshotDataVersion", kDataVersionFields);
constinit const Model kSnapshotModel = MakeModel("Snapshot", kSnapshotFields);
constinit const Model kTableInfoModel = MakeModel("SnapshotTableInfo", kTableInfoFields);
constinit const Model kEnvironmentModel = MakeModel("Environment", kEnvironmentFields);
constinit const Model kEnvironmentStatementsModel =
    MakeModel("EnvironmentStatements", kEnvironmentStatementsFields);
constinit const Model kEnvironmentWithStatementsModel =
    MakeModel("EnvironmentWithStatements", kEnvironmentWithStatementsFields);

}  // namespace stateserver::state
