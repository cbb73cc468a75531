// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/node_parts.h"

#include <algorithm>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"
#include "server/sqlmesh/fingerprint/json_dumps.h"
#include "server/sqlmesh/fingerprint/query_comments.h"
#include "server/sqlmesh/records/column_types.h"
#include "server/sqlmesh/records/python_repr.h"

namespace stateserver::fingerprint {

namespace {

using simdjson::dom::element;

using Descriptions = std::map<std::string, std::string>;

// SQLMesh drops the descriptions of columns that the model does not declare.
void ReadGiven(const NodeView& view, Descriptions* out) {
  std::vector<std::string> columns = ColumnNames(view);
  for (auto [name, value] : view.node.Object("column_descriptions")) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) view.node.Refuse("column_descriptions");
    std::string normal;
    if (!state::AppendColumnName(state::FindDialect(view.dialect), name, &normal)) {
      view.unsupported->Note(Cat("the column name ", name));
    }
    if (columns.empty() || std::find(columns.begin(), columns.end(), normal) != columns.end()) {
      (*out)[normal] = text;
    }
  }
}

// Macros may add their own comments.
bool MacrosHoldComments(const NodeView& view) {
  for (std::string_view field : {"python_env", "jinja_macros"}) {
    auto value = view.node.Find(field);
    if (!value) continue;
    std::string text;
    AppendSortedJson(*value, &text);
    if (text.find("--") != text.npos || text.find("/*") != text.npos) return true;
  }
  return false;
}

void ReadFromQuery(const NodeView& view, Descriptions* out) {
  std::string_view sql = view.node.Sql("query");
  const Dialect* dialect = FindExpressionDialect(view.dialect);
  bool macros = MayHoldMacros(sql);
  bool comments = MayHoldComments(sql, dialect);
  if (!comments && !(macros && MacrosHoldComments(view))) return;
  if (macros || dialect == nullptr || view.node.Boolean("optimize_query") == false) {
    view.unsupported->Note("the comments in its query");
    return;
  }
  ReadQueryComments(sql, *dialect, out, view.unsupported);
}

// Types that are not respelled without a dialect.
constexpr std::string_view kPlainTypes[] = {"INT",     "BIGINT",  "SMALLINT", "TINYINT",  "DOUBLE",
                                            "FLOAT",   "BOOLEAN", "TEXT",     "VARCHAR",  "DATE",
                                            "DECIMAL", "JSON",    "UUID",     "TIMESTAMP"};

bool NormalName(const NodeView& view, std::string_view name, std::string* out) {
  return state::AppendColumnName(state::FindDialect(view.dialect), name, out) ||
         view.unsupported->Note(Cat("the column name ", name));
}

// ClickHouse wraps a model's time column in a function.
void AddClickhousePartition(const NodeView& view, HashSink* sink) {
  view.unsupported->Note("the time column in partitioned_by, for its dialect");
  sink->AddNone();
}

GenOptions KindOptions(const NodeView& view) {
  return {.dialect = FindExpressionDialect(view.kind_dialect), .quoted = true};
}

void AddTextOrNone(const NodeView& view, std::string_view field, HashSink* sink) {
  sink->Add(view.kind.TextOr(field, ""));
}

void AddColumnText(const NodeView& view, std::string_view field, std::string_view absent,
                   HashSink* sink) {
  auto text = view.kind.Text(field);
  // The default is a bare name, which is normalised and quoted like any other.
  AddGen(text.value_or(absent), KindOptions(view), sink, view.unsupported);
}

void AddUniqueKey(const NodeView& view, HashSink* sink) {
  for (std::string_view key : view.kind.Texts("unique_key")) {
    AddGen(key, KindOptions(view), sink, view.unsupported);
  }
}

void AddTimeRange(const NodeView& view, HashSink* sink) {
  Fields column(view.kind.Object("time_column"), "kind.time_column", view.unsupported);
  if (!column.Text("column")) column.Refuse("column");
  AddGen(column.TextOr("column", ""), KindOptions(view), sink, view.unsupported);
  sink->Add(column.TextOr("format", ""));
}

void AddMerge(const NodeView& view, HashSink* sink) {
  GenOptions options = KindOptions(view);
  options.merge_aliases = true;
  std::string whens;
  if (auto text = view.kind.Text("when_matched")) {
    GenWhens(*text, options, &whens, view.unsupported);
  }
  sink->Add(whens);
  std::string filter;
  if (auto text = view.kind.Text("merge_filter")) {
    GenExpression(*text, options, &filter, view.unsupported);
  }
  sink->Add(filter);
}

void AddCsvSettings(const NodeView& view, HashSink* sink) {
  Fields settings(view.kind.Object("csv_settings"), "kind.csv_settings", view.unsupported);
  for (std::string_view field :
       {"delimiter", "quotechar", "doublequote", "escapechar", "skipinitialspace", "lineterminator",
        "encoding", "na_values", "keep_default_na"}) {
    auto value = settings.Find(field);
    if (!value) continue;
    std::string text = state::PythonStr(*value);
    for (char c : text) {
      if (static_cast<unsigned char>(c) >= 0x80 && !value->is_string()) settings.Refuse(field);
    }
    sink->Add(text);
  }
}

void AddScdColumns(const NodeView& view, HashSink* sink) {
  auto columns = view.kind.Find("columns");
  if (!columns) return view.kind.Refuse("columns");
  std::string_view single;
  if (columns->get(single) == simdjson::SUCCESS) {
    if (single != "*") return view.kind.Refuse("columns");
    return sink->Add("STAR");
  }
  for (std::string_view column : view.kind.Texts("columns")) {
    AddGen(column, KindOptions(view), sink, view.unsupported);
  }
}

// Adds one type in the spelling of `dialect`.
void AddType(std::string_view dialect, std::string_view type, HashSink* sink,
             Unsupported* unsupported) {
  std::string text;
  bool proven = dialect.empty() ? std::find(std::begin(kPlainTypes), std::end(kPlainTypes), type) !=
                                      std::end(kPlainTypes)
                                : true;
  if (!state::AppendColumnType(state::FindDialect(dialect), type, &text) || !proven) {
    unsupported->Note(Cat("the type ", type));
  } else if (dialect == "snowflake" && text != type) {
    // FLOAT is the stored form of REAL, and is read back as DOUBLE.
    unsupported->Note(Cat("the type ", type, ", which its dialect spells ", text));
  }
  sink->Add(text);
}

void AddScd(const NodeView& view, HashSink* sink) {
  sink->Add(view.kind_dialect);
  AddUniqueKey(view, sink);
  AddColumnText(view, "valid_from_name", "valid_from", sink);
  AddColumnText(view, "valid_to_name", "valid_to", sink);
  sink->Add(view.kind.BooleanOr("invalidate_hard_deletes", false));
  AddType(view.kind_dialect, view.kind.TextOr("time_data_type", "TIMESTAMP"), sink,
          view.unsupported);
  AddOptional(view.kind.Integer("batch_size"), sink);
  if (view.kind_name != "SCD_TYPE_2_BY_COLUMN") {
    AddColumnText(view, "updated_at_name", "updated_at", sink);
    sink->Add(view.kind.BooleanOr("updated_at_as_valid_from", false));
    return;
  }
  AddScdColumns(view, sink);
  sink->Add(view.kind.BooleanOr("execution_time_as_valid_from", false));
  if (view.kind.Find("updated_at_name")) {
    AddColumnText(view, "updated_at_name", "", sink);
  } else {
    sink->AddNone();
  }
}

void AddCustom(const NodeView& view, HashSink* sink) {
  AddTextOrNone(view, "materialization", sink);
  std::string properties;
  if (auto text = view.kind.Text("materialization_properties")) {
    std::vector<Property> list;
    // SQLMesh stores and reads it without the model's dialect.
    GenOptions options{.dialect = FindExpressionDialect("")};
    if (ReadProperties(*text, options, &list, view.unsupported)) properties = GenProperties(list);
  }
  sink->Add(properties);
  AddOptional(view.kind.Integer("lookback"), sink);
}

bool IsScd(std::string_view name) { return name.starts_with("SCD_TYPE_2"); }

void AddCustomMetadata(const NodeView& view, HashSink* sink) {
  AddOptional(view.kind.Integer("batch_size"), sink);
  AddOptional(view.kind.Integer("batch_concurrency"), sink);
  sink->Add(view.kind.BooleanOr("forward_only", false));
  sink->Add(view.kind.BooleanOr("disable_restatement", false));
  AddTextOrNone(view, "auto_restatement_cron", sink);
  AddOptional(view.kind.Integer("auto_restatement_intervals"), sink);
}

// SQLMesh's own audits; each also exists with the suffix _non_blocking.
constexpr std::string_view kBuiltinAudits[] = {"accepted_range",
                                               "accepted_values",
                                               "at_least_one",
                                               "chi_square",
                                               "forall",
                                               "kl_divergence",
                                               "match_like_pattern_list",
                                               "match_regex_pattern_list",
                                               "mean_in_range",
                                               "mutually_exclusive_ranges",
                                               "not_accepted_values",
                                               "not_constant",
                                               "not_empty_string",
                                               "not_match_like_pattern_list",
                                               "not_match_regex_pattern_list",
                                               "not_null",
                                               "not_null_proportion",
                                               "number_of_rows",
                                               "sequential_values",
                                               "stddev_in_range",
                                               "string_length_between",
                                               "string_length_equal",
                                               "unique_combination_of_columns",
                                               "unique_values",
                                               "valid_email",
                                               "valid_http_method",
                                               "valid_url",
                                               "valid_uuid",
                                               "z_score"};

bool IsBuiltin(std::string_view name) {
  constexpr std::string_view kSuffix = "_non_blocking";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return std::find(std::begin(kBuiltinAudits), std::end(kBuiltinAudits), name) !=
         std::end(kBuiltinAudits);
}

struct Call {
  std::string name;
  std::vector<std::pair<std::string_view, std::string>> arguments;  // name, gen
};

bool ReadArguments(simdjson::dom::object object, Call* call, Unsupported* unsupported) {
  // SQLMesh reads them from its state without the model's dialect.
  GenOptions options{.dialect = FindExpressionDialect("")};
  for (auto [key, value] : object) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return false;
    std::string gen;
    GenExpression(text, options, &gen, unsupported);
    call->arguments.emplace_back(key, std::move(gen));
  }
  return true;
}

bool ReadCall(element value, Call* call, Unsupported* unsupported) {
  simdjson::dom::array pair;
  std::string_view name;
  simdjson::dom::object arguments;
  if (value.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
      pair.at(0).get(name) != simdjson::SUCCESS || pair.at(1).get(arguments) != simdjson::SUCCESS) {
    return false;
  }
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x80; }))
    return false;
  call->name = Lower(name);
  return ReadArguments(arguments, call, unsupported);
}

std::vector<Call> ReadCalls(const NodeView& view, std::string_view field) {
  std::vector<Call> calls;
  for (element value : view.node.Array(field)) {
    if (!ReadCall(value, &calls.emplace_back(), view.unsupported)) view.node.Refuse(field);
  }
  std::stable_sort(calls.begin(), calls.end(),
                   [](const Call& a, const Call& b) { return a.name < b.name; });
  return calls;
}

void AddAuditDefinition(const NodeView& view, const std::string& name, HashSink* sink) {
  simdjson::dom::object found;
  if (view.node.Object("audit_definitions").at_key(name).get(found) != simdjson::SUCCESS) {
    view.unsupported->Note(Cat("the audit ", name, ", which has no definition"));
    return;
  }
  Fields audit(found, "audit_definitions", view.unsupported);
  sink->Add(audit.Sql("query"));
  sink->Add(Lower(audit.TextOr("dialect", "")));
  sink->Add(audit.BooleanOr("skip", false));
  sink->Add(audit.BooleanOr("blocking", true));
}

}  // namespace

std::string ColumnDescriptionsJson(const NodeView& view) {
  Descriptions descriptions;
  if (view.node.Find("column_descriptions")) {
    ReadGiven(view, &descriptions);
  } else if (view.source_type == "sql") {
    ReadFromQuery(view, &descriptions);
  }
  std::string json = "{";
  for (const auto& [name, text] : descriptions) {
    if (json.size() > 1) json.append(", ");
    AppendAsciiString(name, &json);
    json.append(": ");
    AppendAsciiString(text, &json);
  }
  return json + "}";
}

void AddColumns(const NodeView& view, HashSink* sink) {
  std::vector<std::string> names;
  for (auto [name, value] : view.node.Object("columns")) {
    std::string_view type;
    if (value.get(type) != simdjson::SUCCESS) view.node.Refuse("columns");
    NormalName(view, name, &names.emplace_back());
    sink->Add(names.back());
    AddType(view.dialect, type, sink, view.unsupported);
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    view.unsupported->Note("columns whose names differ by case alone");
  }
}

std::vector<std::string> ColumnNames(const NodeView& view) {
  std::vector<std::string> names;
  for (auto [name, value] : view.node.Object("columns")) {
    NormalName(view, name, &names.emplace_back());
  }
  return names;
}

void AddPartitions(const NodeView& view, HashSink* sink) {
  GenOptions options{.dialect = FindExpressionDialect(view.dialect), .quoted = true};
  std::vector<std::string> columns;
  options.columns = &columns;
  std::vector<std::string> partitions;
  for (std::string_view text : view.node.Texts("partitioned_by")) {
    // Partition transforms have their own grammar, and redshift's calls and casts depend on their
    // position.
    std::string upper = Upper(text);
    if (upper.find("BUCKET") != upper.npos || upper.find("TRUNC") != upper.npos ||
        (view.dialect == "redshift" && text.find('(') != text.npos)) {
      view.unsupported->Note(Cat("the partition ", text));
    }
    GenExpression(text, options, &partitions.emplace_back(), view.unsupported);
  }
  options.columns = nullptr;
  if (view.kind_name == "INCREMENTAL_BY_TIME_RANGE" &&
      view.kind.BooleanOr("partition_by_time_column", true) == "True") {
    Fields time(view.kind.Object("time_column"), "kind.time_column", view.unsupported);
    std::string column;
    GenOptions kind{.dialect = FindExpressionDialect(view.kind_dialect), .quoted = true};
    GenExpression(time.TextOr("column", ""), kind, &column, view.unsupported);
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
      if (view.dialect == "clickhouse") {
        AddClickhousePartition(view, sink);
      } else {
        sink->Add(column);
      }
    }
  }
  for (const std::string& partition : partitions) sink->Add(partition);
  for (std::string_view text : view.node.Texts("clustered_by")) {
    AddGen(text, options, sink, view.unsupported);
  }
}

void AddKindData(const NodeView& view, HashSink* sink) {
  std::string_view name = view.kind_name;
  sink->Add(name);
  if (name == "INCREMENTAL_BY_TIME_RANGE" || name == "INCREMENTAL_BY_UNIQUE_KEY") {
    sink->Add(view.kind_dialect);
    AddOptional(view.kind.Integer("lookback"), sink);
    if (name == "INCREMENTAL_BY_TIME_RANGE") return AddTimeRange(view, sink);
    AddUniqueKey(view, sink);
    AddMerge(view, sink);
  } else if (name == "INCREMENTAL_UNMANAGED") {
    sink->Add(view.kind.BooleanOr("insert_overwrite", false));
  } else if (name == "VIEW") {
    sink->Add(view.kind.BooleanOr("materialized", false));
  } else if (name == "SEED") {
    AddCsvSettings(view, sink);
  } else if (IsScd(name)) {
    AddScd(view, sink);
  } else if (name == "CUSTOM") {
    AddCustom(view, sink);
  } else if (name == "DBT_CUSTOM") {
    AddTextOrNone(view, "materialization", sink);
    AddTextOrNone(view, "definition", sink);
    sink->Add(view.kind.TextOr("adapter", "default"));
    sink->Add(view.kind_dialect);
  }
}

void AddKindMetadata(const NodeView& view, HashSink* sink) {
  std::string_view name = view.kind_name;
  bool incremental = name.starts_with("INCREMENTAL");
  if (incremental || IsScd(name)) {
    sink->Add(Cat("OnDestructiveChange.", view.kind.TextOr("on_destructive_change", "ERROR")));
    sink->Add(Cat("OnAdditiveChange.", view.kind.TextOr("on_additive_change", "ALLOW")));
    AddTextOrNone(view, "auto_restatement_cron", sink);
  }
  if (name == "INCREMENTAL_BY_TIME_RANGE" || name == "INCREMENTAL_BY_UNIQUE_KEY") {
    AddOptional(view.kind.Integer("batch_size"), sink);
    sink->Add(view.kind.BooleanOr("forward_only", false));
    sink->Add(view.kind.BooleanOr("disable_restatement", false));
    if (name == "INCREMENTAL_BY_TIME_RANGE") {
      sink->Add(view.kind.BooleanOr("partition_by_time_column", true));
      AddOptional(view.kind.Integer("auto_restatement_intervals"), sink);
    }
  } else if (incremental || IsScd(name)) {
    sink->Add(view.kind.BooleanOr("forward_only", true));
    sink->Add(view.kind.BooleanOr("disable_restatement", name != "INCREMENTAL_BY_PARTITION"));
  } else if (name == "SEED") {
    AddOptional(view.kind.Integer("batch_size").value_or(1000), sink);
  } else if (name == "CUSTOM") {
    AddCustomMetadata(view, sink);
  }
}

void AddAudits(const NodeView& view, HashSink* sink) {
  for (const Call& call : ReadCalls(view, "audits")) {
    sink->Add(call.name);
    if (!IsBuiltin(call.name)) AddAuditDefinition(view, call.name, sink);
    for (const auto& [name, gen] : call.arguments) {
      sink->Add(name);
      sink->Add(gen);
    }
  }
}

void AddSignals(const NodeView& view, HashSink* sink) {
  for (Call& call : ReadCalls(view, "signals")) {
    sink->Add(call.name);
    std::sort(call.arguments.begin(), call.arguments.end());
    for (const auto& [name, gen] : call.arguments) sink->Add(Cat(name, ":", gen));
  }
}

void AddProperties(const NodeView& view, std::string_view field, HashSink* sink) {
  auto text = view.node.Text(field);
  if (!text) return;
  GenOptions options{.dialect = FindExpressionDialect(view.dialect)};
  std::vector<Property> list;
  ReadProperties(*text, options, &list, view.unsupported);
  for (size_t i = 0; i < list.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (list[i].name == list[j].name) view.unsupported->Note("a property given twice");
    }
    sink->Add(list[i].name);
    sink->Add(list[i].value);
  }
}

std::string GrantsJson(const NodeView& view) {
  auto text = view.node.Text("grants");
  GrantList grants;
  if (!text || !ReadGrants(*text, FindExpressionDialect(view.dialect), &grants, view.unsupported) ||
      grants.empty()) {
    return {};
  }
  std::stable_sort(grants.begin(), grants.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out = "{";
  for (size_t i = 0; i < grants.size(); ++i) {
    // If a permission is given twice, the last one counts.
    if (i + 1 < grants.size() && grants[i].first == grants[i + 1].first) continue;
    if (out.size() > 1) out.append(", ");
    AppendAsciiString(grants[i].first, &out);
    out.append(": [");
    for (size_t j = 0; j < grants[i].second.size(); ++j) {
      if (j > 0) out.append(", ");
      AppendAsciiString(grants[i].second[j], &out);
    }
    out.push_back(']');
  }
  return out + "}";
}

}  // namespace stateserver::fingerprint
