// SPDX-License-Identifier: Apache-2.0
//
// The kinds of models.
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
  return {name, Shape::kExpression, Absent::kQuotedColumn, column};
}

constexpr std::array kNameOnlyFields = {KindName()};

// _Incremental.
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
                                 Required("unique_key", Shape::kExpressionList),
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

// _SCDType2Kind.
constexpr auto kScdFields =
    Join(kIncrementalFields, std::array{
                                 Dialect(),
                                 Required("unique_key", Shape::kExpressionList),
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
                         Required("columns", Shape::kExpressionList),
                         Default("execution_time_as_valid_from", Shape::kLooseBoolean, "false"),
                         Optional("updated_at_name", Shape::kExpression),
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

}  // namespace

constinit const Model kTimeColumnModel = MakeModel("TimeColumn", kTimeColumnFields);
constinit const Model kCsvSettingsModel = MakeModel("CsvSettings", kCsvSettingsFields);

const Model* FindKindModel(std::string_view name) {
  for (const NamedKind& kind : kKinds) {
    if (kind.name == name) return &kind.model;
  }
  return nullptr;
}

}  // namespace stateserver::state
