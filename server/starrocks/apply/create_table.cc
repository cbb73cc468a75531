// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/apply/columns.h"
#include "server/starrocks/apply/constraints.h"
#include "server/starrocks/apply/create.h"
#include "server/starrocks/apply/index_clauses.h"
#include "server/starrocks/apply/partitions.h"
#include "server/starrocks/apply/properties.h"
#include "server/starrocks/apply/types.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::apply {

using schema::Column;
using schema::KeyModel;

schema::KeyClause ImpliedKey(const schema::Table& table) {
  constexpr size_t kMostColumns = 3;
  constexpr int kMostBytes = 36;
  auto aggregates = [](const Column& column) { return column.aggregate || column.state; };
  schema::KeyClause key;
  if (std::any_of(table.columns.begin(), table.columns.end(), aggregates)) {
    key.model = KeyModel::kAggregate;
    for (const Column& column : table.columns) {
      if (aggregates(column)) break;
      key.columns.push_back(column.name);
    }
    return key;
  }
  int bytes = 0;
  for (const Column& column : table.columns) {
    if (!CanBeKey(column.type) || column.generated) break;
    bytes += KeyBytes(*column.type);
    bool full = key.columns.size() >= kMostColumns || (bytes > kMostBytes && !key.columns.empty());
    if (full) break;
    key.columns.push_back(column.name);
    if (column.type->name == "VARCHAR") break;
  }
  return key;
}

namespace {

Verdict CheckColumns(const schema::Table& table) {
  std::set<std::string> seen;
  bool generated = false;
  int automatic = 0;
  for (const Column& column : table.columns) {
    if (!seen.insert(Lower(column.name)).second) {
      return RefusedByAnalysis(Cat("Duplicate column name '", column.name, "'"));
    }
    RETURN_UNLESS_TAKEN(CheckDefinition(column));
    if (column.generated && column.nullable == false) {
      return RefusedBySyntax("Generated Column must be nullable column");
    }
    if (column.auto_increment && ++automatic > 1) {
      return RefusedByAnalysis(
          "More than one AUTO_INCREMENT column defined in CREATE TABLE Statement");
    }
    if (generated && !column.generated) {
      return RefusedByAnalysis("All generated columns must be defined after ordinary columns",
                               kMeasured402);
    }
    generated = column.generated.has_value();
    if (column.state && column.state->function == "group_concat") {
      return Refused(
          Cat("Getting syntax error. Detail message: AggStateType function group_concat"),
          kMeasured402);
    }
  }
  return Taken();
}

// `declared` is the table as written, `table` with its key filled in.
Verdict CheckKey(const schema::Table& declared, const TableState& table) {
  const std::vector<std::string>& names = table.table.key->columns;
  const std::vector<Column>& columns = table.table.columns;
  if (names.empty()) {
    const Column& first = columns[0];
    if (table.Is(KeyModel::kAggregate)) return Unknown("a table whose first column is no key");
    if (first.type && IsMetric(*first.type)) {
      return RefusedByAnalysis(Cat("No aggregate function specified for '", first.name, "'"));
    }
    return RefusedByAnalysis(Cat("Data type of first column cannot be ", MessageType(first)),
                             kMeasured402);
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (table.Find(names[i]) == nullptr) {
      return RefusedByAnalysis(Cat("Key column(", names[i], ") doesn't exist"));
    }
    if (i >= columns.size() || !EqualIgnoringCase(columns[i].name, names[i])) {
      return RefusedByAnalysis(
          "Key columns must be the first few columns of the schema and the order  of the key "
          "columns must be consistent with the order of the schema",
          kMeasured402);
    }
    const Column& column = columns[i];
    if (declared.columns[i].aggregate) {
      return RefusedByAnalysis(Cat("Cannot specify aggregate function '",
                                   *declared.columns[i].aggregate, "' for key column '",
                                   column.name, "'"));
    }
    if (table.Is(KeyModel::kPrimary) && !CanBePrimaryKey(column.type)) {
      return RefusedByAnalysis(Cat("primary key column[", column.name, "] type not supported: ",
                                   column.type ? ShownType(*column.type) : ""));
    }
    if (!CanBeKey(column.type)) return InvalidKeyType(column);
    if (table.Is(KeyModel::kPrimary) && declared.columns[i].nullable == true) {
      return RefusedByAnalysis(Cat("primary key column[", column.name, "] cannot be nullable"));
    }
  }
  return Taken();
}

Verdict CheckValueColumn(const Column& column, const TableState& table) {
  if (column.generated) {
    if (table.Is(KeyModel::kAggregate)) {
      return RefusedByAnalysis("Generated Column does not support AGG table");
    }
    RETURN_UNLESS_TAKEN(CheckGenerated(column, table.table.columns));
  }
  if (column.key) return Taken();
  if (table.Is(KeyModel::kAggregate)) {
    if (column.aggregate || column.state) return Taken();
    return RefusedByAnalysis(
        Cat("AGG_KEYS table should specify aggregate type for non-key column[", column.name, "]"));
  }
  if (column.aggregate || column.state) {
    return RefusedByAnalysis(Cat(ModelName(table.model()),
                                 " table should not specify aggregate type for non-key column[",
                                 column.name, "]"));
  }
  if (column.type && IsMetric(*column.type) && table.Is(KeyModel::kDuplicate)) {
    return RefusedByAnalysis(Cat("No aggregate function specified for '", column.name, "'"),
                             kMeasured402);
  }
  return Taken();
}

Verdict CheckDistribution(const schema::Table& declared, const TableState& table) {
  KeyModel model = table.model();
  if (!declared.distribution) {
    bool needs = model == KeyModel::kAggregate || model == KeyModel::kUnique;
    return needs ? RefusedByAnalysis(
                       Cat("Currently not support default distribution in ", ModelName(model)))
                 : Taken();
  }
  if (!declared.distribution->random) return CheckHashColumns(*declared.distribution, table, true);
  if (model == KeyModel::kUnique || model == KeyModel::kPrimary) {
    return RefusedByAnalysis(Cat(ModelKeyword(model), " KEY must use hash distribution"));
  }
  const std::vector<Column>& columns = table.table.columns;
  bool replaces = std::any_of(columns.begin(), columns.end(), [](const Column& one) {
    return one.aggregate && one.aggregate->starts_with("REPLACE");
  });
  if (model == KeyModel::kAggregate && replaces) {
    return Refused("AGG_KEYS table with aggregate function REPLACE must use hash distribution");
  }
  return Taken();
}

Verdict CheckSortKey(const TableState& table) {
  bool first = true;
  size_t keys = 0;
  for (const std::string& name : table.table.order_by) {
    const Column* column = table.Find(name);
    if (column == nullptr) {
      return Refused(Cat("Invalid column '", name, "': not exists in all columns."));
    }
    bool binary = column->type && column->type->name == "VARBINARY";
    if (table.Is(KeyModel::kPrimary) && !CanBePrimaryKey(column->type) && !binary) {
      return RefusedByAnalysis(Cat("sort key column[", name, "] type not supported: ",
                                   column->type ? ShownType(*column->type) : ""));
    }
    if (!CanBeKey(column->type) && first) {
      return Refused(
          Cat("Data type of first column cannot be ", MessageType(table.table.columns[0])));
    }
    first = false;
    keys += column->key ? 1 : 0;
  }
  bool of_keys = table.Is(KeyModel::kAggregate) || table.Is(KeyModel::kUnique);
  size_t all = table.table.order_by.size();
  if (of_keys && all > 0 && (keys != all || all != table.table.key->columns.size())) {
    return RefusedByAnalysis(Cat("The sort columns of ", ModelKeyword(table.model()),
                                 " KEY table must be same with key columns"));
  }
  return Taken();
}

Verdict CheckColocation(const TableState& table, const Catalog& catalog) {
  auto group = table.table.properties.find("colocate_with");
  if (group == table.table.properties.end()) return Taken();
  const schema::Distribution& own = *table.table.distribution;
  for (const auto& [name, entry] : catalog.objects) {
    const TableState* other = entry.table();
    if (other == nullptr) continue;
    RETURN_UNLESS_TAKEN(other->CheckKnown("colocate_with"));
    auto its = other->table.properties.find("colocate_with");
    if (its == other->table.properties.end() || its->second != group->second) continue;
    const schema::Distribution& theirs = *other->table.distribution;
    if (theirs.buckets != own.buckets) {
      return Refused(
          Cat("Colocate tables must have same bucket num: ", theirs.buckets.value_or(0)));
    }
    if (theirs.columns.size() != own.columns.size()) {
      return Refused(Cat("Colocate tables distribution columns size must be the same : ",
                         theirs.columns.size()));
    }
    for (size_t i = 0; i < own.columns.size(); ++i) {
      const Column* mine = table.Find(own.columns[i]);
      const Column* wanted = other->Find(theirs.columns[i]);
      if (mine == nullptr || wanted == nullptr || mine->type == wanted->type) continue;
      return Refused("Colocate tables distribution columns must have the same data type");
    }
    return Taken();
  }
  return catalog.whole ? Taken() : Unknown(Cat("the tables of the group ", group->second));
}

Verdict CheckFeatures(const schema::Table& table, const schema::Engine& engine) {
  using schema::Feature;
  std::vector<Feature> used;
  for (const Column& column : table.columns) {
    if (column.generated) used.push_back(Feature::kGeneratedColumns);
  }
  if (table.distribution && table.distribution->random)
    used.push_back(Feature::kRandomDistribution);
  if (table.partitioning) {
    using Kind = schema::Partitioning::Kind;
    Kind kind = table.partitioning->kind;
    if (kind == Kind::kList) used.push_back(Feature::kListPartitions);
    if (kind == Kind::kExpression) used.push_back(Feature::kExpressionPartitions);
    if (kind == Kind::kExpression && table.partitioning->terms.size() > 1) {
      used.push_back(Feature::kMixedExpressionPartitions);
    }
  }
  for (const schema::Index& index : table.indexes) {
    if (index.type == "GIN") used.push_back(Feature::kGinIndexes);
    if (index.type == "NGRAMBF") used.push_back(Feature::kNgramIndexes);
  }
  for (Feature feature : used) RETURN_UNLESS_TAKEN(CheckFeature(feature, engine));
  return Taken();
}

}  // namespace

Verdict CheckFeature(schema::Feature feature, const schema::Engine& engine) {
  auto missing = schema::Missing(feature, engine.version);
  if (!missing) return Taken();
  return Refused(*missing, Cat("documented ", engine.version.major, ".", engine.version.minor));
}

Verdict CheckHashColumns(const schema::Distribution& distribution, const TableState& table,
                         bool create) {
  std::set<std::string> seen;
  for (const std::string& name : distribution.columns) {
    const Column* column = table.Find(name);
    if (column == nullptr) {
      return RefusedByAnalysis(Cat("Distribution column(", name, ") doesn't exist."));
    }
    if (!create) continue;
    if (!seen.insert(Lower(name)).second) {
      return RefusedByAnalysis(Cat("Duplicated distribution column ", name));
    }
    if (!CanBeKey(column->type)) {
      return Refused(Cat(MessageType(*column), " column can not be distribution column"));
    }
    if (!table.Is(KeyModel::kDuplicate) && !column->key) {
      return Refused(Cat("Distribution column[", column->name, "] is not key column"));
    }
  }
  return Taken();
}

Verdict ApplyCreateTable(const CreateObject& create, const schema::Engine& engine,
                         Catalog* catalog) {
  const std::string& name = create.object.name.name;
  const auto& declared = std::get<schema::Table>(create.object.definition);
  if (!create.bracketed_calls.empty()) {
    return RefusedBySyntax(Cat("No viable statement for input '", create.bracketed_calls, "'"),
                           kMeasured402);
  }
  if (catalog->Has(name)) {
    return create.if_not_exists ? Taken()
                                : RefusedByAnalysis(Cat("Table '", name, "' already exists"));
  }
  if (declared.engine != "OLAP") return Unknown(Cat("tables of the engine ", declared.engine));
  if (declared.columns.empty()) {
    return RefusedByAnalysis("The table must have at least one column");
  }
  RETURN_UNLESS_TAKEN(CheckFeatures(declared, engine));
  TableState state{declared, {}, {}, {}};
  RETURN_UNLESS_TAKEN(CheckColumns(declared));
  Complete(&state.table);
  RETURN_UNLESS_TAKEN(CheckKey(declared, state));
  for (const Column& column : state.table.columns) {
    RETURN_UNLESS_TAKEN(CheckValueColumn(column, state));
  }
  RETURN_UNLESS_TAKEN(CheckDistribution(declared, state));
  for (const auto& [key, value] : declared.properties) {
    if (key != "unique_constraints" && key != "foreign_key_constraints") continue;
    RETURN_UNLESS_TAKEN(CheckConstraint(key, value, {*catalog, state, name, false}));
  }
  RETURN_UNLESS_TAKEN(CheckPartitioning(state));
  for (const schema::Index& index : declared.indexes) {
    RETURN_UNLESS_TAKEN(CheckIndex(index, state));
  }
  RETURN_UNLESS_TAKEN(CheckIndexNames(declared.indexes));
  RETURN_UNLESS_TAKEN(CheckSortKey(state));
  RETURN_UNLESS_TAKEN(ApplyCreateProperties({*catalog, engine, name}, &state));
  auto bloom = state.table.properties.find("bloom_filter_columns");
  if (bloom != state.table.properties.end()) {
    std::string columns;
    RETURN_UNLESS_TAKEN(CheckBloomColumns(state, bloom->second, &columns));
  }
  RETURN_UNLESS_TAKEN(CheckColocation(state, *catalog));
  for (const schema::Rollup& rollup : declared.rollups) {
    RETURN_UNLESS_TAKEN(CheckRollup(rollup, state, name));
  }
  catalog->objects[name].definition = std::move(state);
  return Taken();
}

}  // namespace stateserver::apply
