// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/apply.h"
#include "server/starrocks/apply/queries.h"
#include "server/starrocks/apply/types.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/object_steps.h"
#include "tests/unit/server/starrocks/apply/random_schema.h"

namespace stateserver::apply::testing {
namespace {

using schema::MaterializedView;
using schema::QuoteName;

const schema::Engine kServer{{4, 0, 2}, schema::RunMode::kSharedNothing};
constexpr size_t kSynchronous = 3;

struct Relation {
  std::string name;
  std::vector<OutputColumn> columns;
  bool table = false, duplicate = false;
};

std::vector<Relation> RelationsOf(const Catalog& catalog) {
  std::vector<Relation> out;
  for (const auto& [name, entry] : catalog.objects) {
    Relation one{name, {}, entry.table() != nullptr, false};
    one.duplicate = one.table && entry.table()->Is(schema::KeyModel::kDuplicate);
    if (!ColumnsOf(name, catalog, &one.columns).taken() || one.columns.empty()) continue;
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<OutputColumn> Some(const Relation& relation, size_t most, Dice* dice) {
  std::vector<OutputColumn> out;
  for (const OutputColumn& column : relation.columns) {
    bool plain = column.type && !IsMetric(*column.type);
    if (out.size() < most && plain && dice->Chance(60)) out.push_back(column);
  }
  if (out.empty()) out.push_back(relation.columns[0]);
  return out;
}

std::string List(const std::vector<OutputColumn>& columns) {
  std::string text;
  for (const OutputColumn& column : columns) {
    AppendTo(&text, text.empty() ? "" : ", ", QuoteName(column.name));
  }
  return text;
}

std::string Grouped(const Relation& relation, Dice* dice) {
  std::string key, items;
  for (const OutputColumn& column : Some(relation, 5, dice)) {
    std::string name = QuoteName(column.name);
    if (key.empty()) {
      key = name;
    } else if (column.type && IsInteger(*column.type)) {
      AppendTo(&items, ", ", dice->Of<std::string>({"sum(", "max(", "min("}), name, ") AS ",
               dice->Name("agg"));
    } else {
      AppendTo(&items, ", count(", name, ") AS ", dice->Name("n"));
    }
  }
  return Cat("SELECT ", key, items, " FROM ", QuoteName(relation.name), " GROUP BY ", key);
}

std::string Joined(const Relation& a, const Relation& b, Dice* dice) {
  const std::string left = QuoteName(a.columns[dice->Below(a.columns.size())].name);
  const std::string right = QuoteName(b.columns[dice->Below(b.columns.size())].name);
  return Cat("SELECT x.", left, " AS ", dice->Name("l"), ", y.", right, " AS ", dice->Name("r"),
             " FROM ", QuoteName(a.name), " AS x LEFT JOIN ", QuoteName(b.name), " AS y ON x.",
             QuoteName(a.columns[0].name), " = y.", QuoteName(b.columns[0].name));
}

std::string SynchronousQuery(std::vector<Relation> relations, Dice* dice) {
  std::erase_if(relations, [](const Relation& one) { return !one.duplicate; });
  if (relations.empty()) return "";
  Relation& relation = dice->In(relations);
  if (dice->Chance(50)) return Grouped(relation, dice);
  return Cat("SELECT ", List(Some(relation, 3, dice)), " FROM ", QuoteName(relation.name));
}

// Returns the refusal of the object by the engine, and creates it if there is none.
Verdict Created(const schema::Object& object, Catalog* catalog) {
  Applied applied = Apply(ParseStatement(schema::CreateStatement(object)), *catalog, kServer);
  if (applied.verdict.taken()) *catalog = std::move(applied.after);
  return applied.verdict;
}

size_t SortOf(const schema::Object& object) {
  return schema::IsRollup(object) ? kSynchronous : object.definition.index();
}

}  // namespace

schema::Refresh RandomRefresh(Dice* dice) {
  schema::Refresh refresh;
  refresh.mode = dice->Of({schema::Refresh::Mode::kAsync, schema::Refresh::Mode::kManual});
  if (dice->Chance(40)) refresh.moment = schema::Refresh::Moment::kDeferred;
  if (refresh.mode == schema::Refresh::Mode::kAsync && dice->Chance(50)) {
    refresh.every = dice->Of<std::string>({"INTERVAL 2 HOUR", "INTERVAL 1 DAY"});
    if (dice->Chance(50)) refresh.start = "2026-01-01 00:00:00";
  }
  return refresh;
}

void SetRandomViewProperty(MaterializedView* view, Dice* dice) {
  schema::Properties& out = view->properties;
  switch (dice->Below(5)) {
    case 0:
      out["replication_num"] = dice->Of<std::string>({"1", "2", "3"});
      break;
    case 1:
      out["session.query_timeout"] = dice->Of<std::string>({"100", "200"});
      break;
    case 2:
      out["query_rewrite_consistency"] = dice->Of<std::string>({"loose", "checked", "disable"});
      break;
    case 3:
      out["mv_rewrite_staleness_second"] = dice->Of<std::string>({"60", "300"});
      break;
    default:
      out["enable_query_rewrite"] = dice->Of<std::string>({"true", "false"});
  }
}

std::string RandomQuery(const Catalog& catalog, Dice* dice) {
  std::vector<Relation> relations = RelationsOf(catalog);
  if (relations.empty()) return "SELECT 1 AS one";
  Relation &one = dice->In(relations), &other = dice->In(relations);
  std::string items = List(Some(one, 4, dice)), from = Cat(" FROM ", QuoteName(one.name));
  std::string first = QuoteName(one.columns[0].name);
  switch (dice->Below(8)) {
    case 0:
    case 1:
      return Grouped(one, dice);
    case 2:
      return Joined(one, other, dice);
    case 3:
      return Cat("SELECT ", items, from, " WHERE ", first, " IS NOT NULL");
    case 4:
      return Cat("WITH w AS (SELECT ", items, from, ") SELECT * FROM w");
    case 5:
      return Cat("SELECT ", items, from, " UNION ALL SELECT ", items, from);
    case 6:
      return Cat("SELECT ", items, ", CAST(", first, " AS VARCHAR(30)) AS ", dice->Name("x"), from);
    default:
      return Cat("SELECT ", items, from);
  }
}

schema::Object RandomView(size_t sort, const std::string& name, const Catalog& catalog,
                          Dice* dice) {
  schema::Object object{{"db", name}, schema::View(), {}};
  if (sort == 1) {
    auto& view = std::get<schema::View>(object.definition);
    view.query = RandomQuery(catalog, dice);
    view.comment = dice->Comment();
    if (dice->Chance(20)) view.security = "INVOKER";
    std::vector<OutputColumn> columns;
    QueryFacts facts;
    if (!dice->Chance(30) || !ReadQuery(view.query, catalog, &facts).taken()) return object;
    for (size_t i = 0; i < facts.columns.size(); ++i) {
      view.columns.push_back({dice->Name("vc"), dice->Comment()});
    }
    return object;
  }
  MaterializedView view;
  if (sort == kSynchronous) {
    view.query = SynchronousQuery(RelationsOf(catalog), dice);
    object.definition = std::move(view);
    return object;
  }
  view.query = RandomQuery(catalog, dice);
  view.refresh = RandomRefresh(dice);
  view.comment = dice->Comment();
  QueryFacts facts;
  if (ReadQuery(view.query, catalog, &facts).taken() && !facts.columns.empty()) {
    const std::string first = facts.columns[0].name;
    if (dice->Chance(50)) view.distribution = schema::Distribution{false, {first}, {}};
    if (dice->Chance(20)) view.distribution = schema::Distribution{true, {}, {}};
    if (view.distribution && dice->Chance(50)) view.distribution->buckets = dice->Of({2, 4});
    if (dice->Chance(20)) view.order_by = {first};
    if (dice->Chance(20)) view.partitioning = {schema::Partitioning::Kind::kExpression, {"dt"}, {}};
  }
  for (size_t i = dice->Below(3); i > 0; --i) SetRandomViewProperty(&view, dice);
  object.definition = std::move(view);
  return object;
}

bool Settle(Objects* objects, Dice* dice, Catalog* out) {
  constexpr int kTries = 4;
  Catalog catalog;
  catalog.database = "db";
  Objects kept;
  for (schema::Object& object : *objects) {
    bool taken = Created(object, &catalog).taken();
    if (!taken && SortOf(object) == 0) return false;
    for (int i = 0; !taken && i < kTries; ++i) {
      object = RandomView(SortOf(object), object.name.name, catalog, dice);
      taken = Created(object, &catalog).taken();
    }
    if (taken) kept.push_back(std::move(object));
  }
  *objects = std::move(kept);
  if (out != nullptr) *out = std::move(catalog);
  return true;
}

schema::Object ObjectNamed(const std::string& name, schema::Table table) {
  return {{"db", name}, std::move(table), {}};
}

Objects RandomSchema(Dice* dice) {
  Objects out;
  for (size_t i = 1 + dice->Below(3); i > 0; --i) {
    // Most tables that are put together at random are valid.
    for (int tries = 0; tries < 20; ++tries) {
      Objects more = out;
      more.push_back(ObjectNamed(Cat("t", i), RandomTable(out, dice)));
      if (!Settle(&more, dice)) continue;
      out = std::move(more);
      break;
    }
  }
  Catalog catalog;
  Settle(&out, dice, &catalog);
  for (size_t i = 1; i <= dice->Below(6); ++i) {
    out.push_back(RandomView(1 + dice->Below(3), Cat("v", i), catalog, dice));
    Settle(&out, dice, &catalog);
  }
  return out;
}

std::string SyntaxOf(const Objects& objects) {
  std::string text;
  for (const schema::Object& object : objects) {
    AppendTo(&text, schema::CreateStatement(object), ";\n");
  }
  return text;
}

}  // namespace stateserver::apply::testing
