// SPDX-License-Identifier: Apache-2.0
//
// Snapshot and what it is made of, apart from its node; environments.
#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::state {
namespace {

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
