// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/node_hasher.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/json_dumps.h"
#include "server/sqlmesh/fingerprint/node_parts.h"
#include "server/sqlmesh/records/json_output.h"
#include "server/sqlmesh/records/model_fields.h"

namespace stateserver::fingerprint {

namespace {

using simdjson::SUCCESS;
using simdjson::dom::element;
using simdjson::dom::object;

absl::Status Corrupt(std::string_view name, std::string_view what) {
  return Error(Reason::STATE_CORRUPT, Cat("the snapshot ", name, " has ", what),
               "Restore the state from a restore point or a backup.",
               {{"record", std::string(name)}});
}

// A field unknown to this code may change a hash.
bool KnowsAll(object fields, const state::Model& model, Unsupported* unsupported) {
  int next = 0;
  for (auto [name, value] : fields) {
    int found = state::FindField(model, name, next < model.count ? next : 0);
    if (found < 0) return unsupported->Note(Cat("the field ", name));
    next = found + 1;
  }
  return true;
}

simdjson::dom::object AsObject(element value) {
  simdjson::dom::object object;
  return value.get(object) == simdjson::SUCCESS ? object : EmptyObject();
}

// Returns fully_qualified_table.db: the part before the last one of "a"."b"."c".
std::string SchemaOf(std::string_view fqn, Unsupported* unsupported) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < fqn.size(); ++i) {
    if (fqn[i] == '"' && quoted && i + 1 < fqn.size() && fqn[i + 1] == '"') {
      parts.back().push_back(fqn[++i]);
    } else if (fqn[i] == '"') {
      quoted = !quoted;
    } else if (fqn[i] == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back().push_back(fqn[i]);
    }
  }
  if (quoted || parts.size() > 3) unsupported->Note("the form of the snapshot's name");
  return parts.size() > 1 ? parts[parts.size() - 2] : "default";
}

void AddIntervalUnit(const NodeView& view, state::CronUnits* crons, HashSink* sink) {
  if (auto name = view.node.Text("interval_unit")) return sink->Add(Lower(*name));
  std::string_view cron = view.node.TextOr("cron", "@daily");
  auto unit = crons->Get(cron);
  if (!unit) view.unsupported->Note(Cat("the cron ", cron));
  sink->Add(unit ? state::IntervalUnitName(*unit) : "");
}

using Sorted = std::vector<std::pair<std::string_view, element>>;

Sorted SortedMembers(simdjson::dom::object object) {
  Sorted members;
  for (auto [name, value] : object) members.emplace_back(name, value);
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return members;
}

void AddMacros(simdjson::dom::object macros, Unsupported* unsupported, HashSink* sink) {
  for (const auto& [name, value] : SortedMembers(macros)) {
    Fields macro(AsObject(value), "jinja_macros", unsupported);
    if (!macro.Text("definition")) macro.Refuse("definition");
    sink->Add(name);
    sink->Add(macro.TextOr("definition", ""));
  }
}

void AddJinja(const NodeView& view, HashSink* sink) {
  Fields jinja(view.node.Object("jinja_macros"), "jinja_macros", view.unsupported);
  AddMacros(jinja.Object("root_macros"), view.unsupported, sink);
  for (const auto& [name, package] : SortedMembers(jinja.Object("packages"))) {
    AddMacros(AsObject(package), view.unsupported, sink);
  }
  Fields globals(jinja.Object("global_objs"), "jinja_macros.global_objs", view.unsupported);
  std::string json = "{";
  for (std::string_view name : {"refs", "sources", "vars"}) {
    element value;
    if (globals.object().at_key(name).get(value) != simdjson::SUCCESS) continue;
    if (json.size() > 1) json.append(", ");
    AppendAsciiString(name, &json);
    json.append(": ");
    if (!AppendSortedJson(value, &json)) globals.Refuse(name);
  }
  sink->Add(json + "}");
}

void AddSourceData(const NodeView& view, HashSink* sink) {
  if (view.source_type == "sql") {
    AddJinja(view, sink);
  } else if (view.source_type == "seed") {
    if (!view.node.Find("column_hashes")) view.node.Refuse("column_hashes");
    for (auto [name, value] : view.node.Object("column_hashes")) {
      std::string_view hash;
      if (value.get(hash) != simdjson::SUCCESS) view.node.Refuse("column_hashes");
      sink->Add(name);
      sink->Add(hash);
    }
    sink->Add(GrantsJson(view));
    sink->Add(view.node.TextOr("grants_target_layer", "virtual"));
  } else if (view.source_type == "python") {
    if (!view.node.Text("entrypoint")) view.node.Refuse("entrypoint");
    sink->Add(view.node.TextOr("entrypoint", ""));
  }
}

void AddStatements(const NodeView& view, std::string_view field, HashSink* sink) {
  for (std::string_view sql : view.node.SqlList(field)) sink->Add(sql);
}

// SQLMesh represents the absence of a time zone as UTC.
std::string_view TimeZone(const NodeView& view) {
  std::string_view zone = view.node.TextOr("cron_tz", "");
  return zone == "UTC" ? std::string_view() : zone;
}

// Adds str() of a time given as a text or an integer; 0 and "" mean none.
void AddTime(const NodeView& view, std::string_view field, HashSink* sink) {
  auto value = view.node.Find(field);
  int64_t number = 0;
  std::string_view text;
  if (!value) {
    sink->AddNone();
  } else if (value->get(number) == simdjson::SUCCESS) {
    sink->Add(number == 0 ? "" : std::to_string(number));
  } else {
    if (value->get(text) != simdjson::SUCCESS) view.node.Refuse(field);
    sink->Add(text);
  }
}

void AddTags(const NodeView& view, HashSink* sink) {
  std::vector<std::string_view> tags = view.node.Texts("tags");
  std::sort(tags.begin(), tags.end());
  for (std::string_view tag : tags) sink->Add(tag);
}

void AddReferences(const NodeView& view, HashSink* sink) {
  std::vector<std::string> references;
  for (std::string_view field : {"grains", "references"}) {
    for (std::string_view text : view.node.Texts(field)) {
      // SQLMesh parses the text, and keeps it if that succeeds.
      std::string gen;
      GenOptions options{.dialect = FindExpressionDialect(view.dialect)};
      GenExpression(text, options, &gen, view.unsupported);
      std::string& json = references.emplace_back("{\"expression\": ");
      AppendAsciiString(text, &json);
      json.append(", \"model_name\": ");
      AppendAsciiString(view.node.TextOr("name", ""), &json);
      json.append(", \"unique\": true}");
    }
  }
  std::sort(references.begin(), references.end());
  for (const std::string& json : references) sink->Add(json);
}

void AddMappingSchema(const NodeView& view, HashSink* sink) {
  std::string json = "{}";
  if (auto schema = view.node.Find("mapping_schema")) {
    json.clear();
    if (!AppendSortedJson(*schema, &json)) view.node.Refuse("mapping_schema");
  }
  sink->Add(json);
}

void AddSessionProperties(const NodeView& view, HashSink* sink) {
  std::string gen;
  if (auto text = view.node.Text("session_properties")) {
    GenOptions options{.dialect = FindExpressionDialect(view.dialect)};
    std::vector<Property> list;
    if (ReadProperties(*text, options, &list, view.unsupported)) gen = GenProperties(list);
  }
  sink->Add(gen);
}

void AddDbtInfo(const NodeView& view, HashSink* sink) {
  auto value = view.node.Find("dbt_node_info");
  if (!value) return;
  Fields info(AsObject(*value), "dbt_node_info", view.unsupported);
  std::string json = "{";
  for (std::string_view name : {"alias", "fqn", "name", "unique_id"}) {
    auto text = info.Text(name);
    if (name == "alias" && text == info.Text("name")) continue;
    if (!text) {
      if (name != "alias") info.Refuse(name);
      continue;
    }
    AppendTo(&json, json.size() > 1 ? ", \"" : "\"", name, "\": ");
    AppendAsciiString(*text, &json);
  }
  sink->Add(json + "}");
}

void AddModelBasics(const NodeView& view, HashSink* sink) {
  sink->Add(view.dialect);
  sink->Add(view.node.TextOr("owner", ""));
  sink->Add(view.node.TextOr("description", ""));
  sink->Add(ColumnDescriptionsJson(view));
  sink->Add(view.node.TextOr("cron", "@daily"));
  sink->Add(TimeZone(view));
  AddTime(view, "start", sink);
  AddTime(view, "end", sink);
  int64_t retention = view.node.Integer("retention").value_or(0);
  sink->Add(retention == 0 ? "" : std::to_string(retention));
  AddOptional(view.source_type == "seed" ? std::nullopt : view.kind.Integer("batch_size"), sink);
  auto concurrency = view.kind.Integer("batch_concurrency");
  if (!concurrency && view.kind_name == "INCREMENTAL_BY_UNIQUE_KEY") concurrency = 1;
  AddOptional(concurrency, sink);
  AddMappingSchema(view, sink);
}

}  // namespace

class NodeHasher::Impl {
 public:
  absl::StatusOr<NodeAnswer> Hash(element snapshot);

 private:
  absl::StatusOr<NodeAnswer> HashModel(NodeView* view, object node);
  NodeAnswer Answer(const NodeView& view);

  state::CronUnits crons_;
};

absl::StatusOr<NodeAnswer> NodeHasher::Impl::Hash(element snapshot) {
  std::string_view name;
  object node;
  if (snapshot["name"].get(name) != SUCCESS) return Corrupt("?", "no name");
  if (snapshot["node"].get(node) != SUCCESS) return Corrupt(name, "no node");
  Unsupported unsupported;
  NodeView view{.node = Fields(node, "node", &unsupported),
                .kind = Fields(EmptyObject(), "kind", &unsupported),
                .source_type = {},
                .fqn = name,
                .dialect = {},
                .kind_name = {},
                .kind_dialect = {},
                .unsupported = &unsupported};
  if (node.at_key("source_type").get(view.source_type) != SUCCESS) {
    return Corrupt(name, "a node without source_type");
  }
  return HashModel(&view, node);
}

absl::StatusOr<NodeAnswer> NodeHasher::Impl::HashModel(NodeView* view, object node) {
  const state::Model* model = state::FindNodeModel(view->source_type);
  if (model == nullptr) {
    return Corrupt(view->fqn, Cat("a node of the unknown type ", view->source_type));
  }
  KnowsAll(node, *model, view->unsupported);
  view->dialect = view->node.TextOr("dialect", "");
  simdjson::dom::parser parser;
  if (view->source_type != "audit") {
    object kind;
    if (auto stored = view->node.Find("kind")) {
      if (stored->get(kind) != SUCCESS) return Corrupt(view->fqn, "a kind that is not an object");
    } else if (parser.parse(state::DefaultKind(view->source_type)).get(kind) != SUCCESS) {
      return Corrupt(view->fqn, "no kind");
    }
    view->kind = Fields(kind, "kind", view->unsupported);
    view->kind_name = view->kind.TextOr("name", "");
    view->kind_dialect = view->kind.TextOr("dialect", view->dialect);
    const state::Model* kind_model = state::FindKindModel(view->kind_name);
    if (kind_model == nullptr) {
      return Corrupt(view->fqn, Cat("the unknown kind ", view->kind_name));
    }
    KnowsAll(kind, *kind_model, view->unsupported);
    return Answer(*view);
  }
  return Answer(*view);
}

NodeAnswer NodeHasher::Impl::Answer(const NodeView& view) {
  NodeHashes hashes;
  PythonEnvTexts env = PrintPythonEnv(view.node);
  if (view.source_type == "audit") {
    hashes.data_hash = HashSink().Finish();
    hashes.metadata_hash = AuditMetadataHash(view, env);
  } else {
    for (char c : view.dialect) {
      if (c >= 'A' && c <= 'Z') view.unsupported->Note(Cat("the dialect ", view.dialect));
    }
    hashes.data_hash = DataHash(view, env, &crons_);
    hashes.metadata_hash = MetadataHash(view, env);
  }
  if (view.unsupported->any()) return {std::nullopt, view.unsupported->phrase()};
  return {std::move(hashes), ""};
}

NodeHasher::NodeHasher() : impl_(std::make_unique<Impl>()) {}
NodeHasher::~NodeHasher() = default;

absl::StatusOr<NodeAnswer> NodeHasher::Hash(element snapshot) { return impl_->Hash(snapshot); }

void AddOptional(std::optional<int64_t> number, HashSink* sink) {
  sink->Add(number ? std::to_string(*number) : "");
}

void AddGen(std::string_view text, const GenOptions& options, HashSink* sink,
            Unsupported* unsupported) {
  std::string gen;
  GenExpression(text, options, &gen, unsupported);
  sink->Add(gen);
}

std::string DataHash(const NodeView& view, const PythonEnvTexts& env, state::CronUnits* crons) {
  HashSink sink;
  sink.Add(env.data);
  AddKindData(view, &sink);
  sink.Add(view.node.TextOr("table_format", ""));
  sink.Add(view.node.TextOr("storage_format", ""));
  AddOptional(view.kind.Integer("lookback").value_or(0), &sink);
  AddPartitions(view, &sink);
  sink.Add(view.node.TextOr("stamp", ""));
  std::string_view schema = view.node.TextOr("physical_schema_override", "");
  sink.Add(schema.empty() ? Cat("sqlmesh__", SchemaOf(view.fqn, view.unsupported))
                          : std::string(schema));
  sink.Add(view.node.TextOr("physical_version", ""));
  sink.Add(Lower(view.node.TextOr("gateway", "")));
  AddIntervalUnit(view, crons, &sink);
  auto optimize = view.node.Boolean("optimize_query");
  sink.Add(!optimize ? "" : *optimize ? "True" : "False");
  sink.Add(view.node.TextOr("virtual_environment_mode", "full"));
  AddColumns(view, &sink);
  AddProperties(view, "physical_properties", &sink);
  AddSourceData(view, &sink);
  AddStatements(view, "pre_statements", &sink);
  AddStatements(view, "post_statements", &sink);
  if (view.source_type == "sql") sink.Add(view.node.Sql("query"));
  return sink.Finish();
}

std::string MetadataHash(const NodeView& view, const PythonEnvTexts& env) {
  HashSink sink;
  AddModelBasics(view, &sink);
  AddTags(view, &sink);
  AddReferences(view, &sink);
  AddKindMetadata(view, &sink);
  sink.Add(view.node.TextOr("project", ""));
  sink.Add(view.node.BooleanOr("allow_partials", false));
  AddSessionProperties(view, &sink);
  GenOptions options{.dialect = FindExpressionDialect(view.dialect)};
  for (std::string_view grain : view.node.Texts("grains")) {
    AddGen(grain, options, &sink, view.unsupported);
  }
  AddAudits(view, &sink);
  sink.Add(GrantsJson(view));
  sink.Add(view.node.TextOr("grants_target_layer", "virtual"));
  AddProperties(view, "virtual_properties", &sink);
  AddSignals(view, &sink);
  AddDbtInfo(view, &sink);
  if (env.has_metadata) sink.Add(env.metadata);
  for (std::string_view field : {"pre_statements", "post_statements", "on_virtual_update"}) {
    AddStatements(view, field, &sink);
  }
  if (view.source_type == "sql") sink.Add(view.node.Sql("query"));
  return sink.Finish();
}

std::string AuditMetadataHash(const NodeView& view, const PythonEnvTexts& env) {
  HashSink sink;
  sink.Add(view.node.TextOr("owner", ""));
  sink.Add(view.node.TextOr("description", ""));
  AddTags(view, &sink);
  sink.Add(env.all);
  sink.Add(view.node.TextOr("stamp", ""));
  sink.Add(view.node.TextOr("cron", "@daily"));
  sink.Add(TimeZone(view));
  sink.Add(view.node.Sql("query"));
  AddStatements(view, "expressions", &sink);
  return sink.Finish();
}

}  // namespace stateserver::fingerprint
