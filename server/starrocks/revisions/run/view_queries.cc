// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/view_queries.h"

#include <utility>
#include <variant>

#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/apply/statement.h"
#include "server/starrocks/ddl/references.h"
#include "server/starrocks/query/columns.h"
#include "server/starrocks/query/same.h"

namespace stateserver::revisions {
namespace {

using schema::query::SchemaColumns;

// The view by which the engine is asked, and the comment by which it is recognized.
constexpr char kProbe[] = "stateserver__query";
constexpr char kProbeComment[] = "made by stateserver to compare a query; drop it";
// Questions to the engine for one run or stamp.
constexpr int kMostQuestions = 100;

bool IsIn(const schema::ObjectName& name, const std::string& database) {
  return name.database.empty() || name.database == database;
}

const schema::Object* FindObject(const schema::LiveSchema& live, const std::string& name) {
  for (const schema::LiveObject& one : live.objects) {
    if (one.object.name.name == name) return &one.object;
  }
  return nullptr;
}

SchemaColumns ColumnsIn(const schema::LiveSchema& live) {
  SchemaColumns columns;
  for (const schema::LiveObject& one : live.objects) columns.Add(one.object);
  return columns;
}

// Returns true if the view is there. Sets `is_ours` if it is one that was left behind.
absl::StatusOr<bool> FindProbe(Warehouse& warehouse, bool* is_ours, std::string* query) {
  ASSIGN_OR_RETURN(schema::LiveSchema live, warehouse.Inspect({kProbe}));
  if (!live.unread.empty()) return true;
  const schema::Object* object = FindObject(live, kProbe);
  if (object == nullptr) return false;
  const auto* view = std::get_if<schema::View>(&object->definition);
  *is_ours = view != nullptr && view->comment == kProbeComment;
  *query = schema::QueryOf(*object);
  return true;
}

absl::Status DropProbe(Warehouse& warehouse) {
  return warehouse.Execute(Cat("DROP VIEW IF EXISTS `", kProbe, "`"));
}

// Returns how the engine shows the query, or nullopt if it does not take it as a view.
absl::StatusOr<std::optional<std::string>> AskEngine(const std::string& query,
                                                     Warehouse& warehouse) {
  bool is_ours = false;
  std::string shown;
  ASSIGN_OR_RETURN(bool exists, FindProbe(warehouse, &is_ours, &shown));
  if (exists && !is_ours) return std::nullopt;
  if (exists) RETURN_IF_ERROR(DropProbe(warehouse));
  absl::Status created = warehouse.Execute(
      Cat("CREATE VIEW `", kProbe, "` COMMENT \"", kProbeComment, "\" AS ", query));
  if (IsLost(created)) return created;
  if (!created.ok()) return std::nullopt;
  ASSIGN_OR_RETURN(exists, FindProbe(warehouse, &is_ours, &shown));
  RETURN_IF_ERROR(DropProbe(warehouse));
  if (!exists || !is_ours) return std::nullopt;
  return shown;
}

}  // namespace

std::optional<GivenQuery> QueryGivenBy(const std::string& statement, const std::string& database) {
  apply::ParsedStatement parsed = apply::ParseStatement(statement);
  if (!parsed.statement) return std::nullopt;
  if (const auto* create = std::get_if<apply::CreateObject>(&parsed.statement->action)) {
    const std::string& query = schema::QueryOf(create->object);
    bool gives = !query.empty() && !create->if_not_exists && !schema::IsRollup(create->object);
    if (!gives || !IsIn(create->object.name, database)) return std::nullopt;
    return GivenQuery{create->object.name.name, query, ""};
  }
  const auto* alter = std::get_if<apply::AlterView>(&parsed.statement->action);
  if (alter == nullptr || !alter->view || !IsIn(alter->name, database)) return std::nullopt;
  return GivenQuery{alter->name.name, alter->view->query, ""};
}

std::set<std::string> NamesOf(const GivenQuery& given, const std::string& database) {
  std::set<std::string> names = schema::RelationsIn(given.query, database);
  names.insert(given.object);
  return names;
}

void GivenQueries::Add(const std::vector<SqlStep>& steps, const std::string& revision) {
  for (const SqlStep& step : steps) {
    if (auto given = QueryGivenBy(step.statement, database_)) {
      given->revision = revision;
      queries_[given->object] = *std::move(given);
      continue;
    }
    StatementFacts facts = Describe(step.statement);
    const bool moves = facts.kind == StatementFacts::Kind::kDrop || !facts.renamed.empty() ||
                       !facts.swapped.empty();
    if (!moves) continue;
    for (const std::string& name : {facts.object, facts.renamed, facts.swapped}) {
      queries_.erase(name);
    }
  }
}

std::set<std::string> GivenQueries::Names() const {
  std::set<std::string> names;
  for (const auto& [name, given] : queries_) names.merge(NamesOf(given, database_));
  return names;
}

std::optional<RecordedQuery> RecordOf(const GivenQuery& given, const schema::LiveSchema& live) {
  const schema::Object* object = FindObject(live, given.object);
  if (object == nullptr) return std::nullopt;
  const std::string& shown = schema::QueryOf(*object);
  if (shown.empty() || shown == given.query) return std::nullopt;
  SchemaColumns columns = ColumnsIn(live);
  return RecordedQuery{{schema::query::LiveDigest(shown),
                        schema::query::DeclaredDigest(given.query, live.database, &columns)},
                       given.object,
                       given.revision,
                       given.query};
}

absl::StatusOr<std::vector<RecordedQuery>> ConfirmRecords(
    const GivenQueries& given, const schema::LiveSchema& live,
    const schema::query::RecordedQueries& recorded, Warehouse& warehouse) {
  std::vector<RecordedQuery> out;
  SchemaColumns columns = ColumnsIn(live);
  int questions = 0;
  for (const auto& [name, one] : given.all()) {
    std::optional<RecordedQuery> record = RecordOf(one, live);
    if (!record || recorded.contains(record->digests)) continue;
    const std::string& shown = schema::QueryOf(*FindObject(live, name));
    if (schema::query::IsPrintedAs(shown, one.query, live.database, &columns) != true) {
      if (++questions > kMostQuestions) continue;
      ASSIGN_OR_RETURN(std::optional<std::string> asked, AskEngine(one.query, warehouse));
      if (asked != shown) continue;
    }
    out.push_back(*std::move(record));
  }
  return out;
}

}  // namespace stateserver::revisions
