// SPDX-License-Identifier: Apache-2.0
//
// Nodes: the four kinds of models and the standalone audit, and their parts.
#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::state {
namespace {

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

// SQLMesh's _Node.
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

// ModelMeta and _Model.
constexpr std::array kModelFields = {
    Default("dialect", Shape::kLowerText, "\"\""),
    Optional("kind", Shape::kKind),  // DefaultKind() when absent
    Optional("retention", Shape::kInteger),
    Optional("table_format", Shape::kAnyText),
    Optional("storage_format", Shape::kAnyText),
    Default("partitioned_by", Shape::kExpressionList, kEmptyList),
    Default("clustered_by", Shape::kExpressionList, kEmptyList),
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

}  // namespace

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

}  // namespace stateserver::state
