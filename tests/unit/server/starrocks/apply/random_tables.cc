// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/apply/types.h"
#include "tests/unit/server/starrocks/apply/random_schema.h"

namespace stateserver::apply::testing {

using schema::Column;
using schema::DefaultValue;
using schema::KeyModel;
using schema::Partition;
using schema::Partitioning;
using schema::Table;

std::string Dice::Comment() {
  return Of<std::string>({"", "plain", "it's", "a \"quoted\" word", "größe – 大きさ", "a;b -- c",
                          "back\\slash", "line\nend", "`tick`", "100 %"});
}

namespace {

KeyModel ModelOf(const Table& table) { return table.key ? table.key->model : KeyModel::kDuplicate; }

DataType Sized(std::string name, int length) { return {std::move(name), length, {}, {}, {}}; }

DataType Nested(Dice* dice) {
  DataType item = ScalarType(dice->Of<std::string>({"INT", "BIGINT", "DATE"}));
  switch (dice->Below(3)) {
    case 0:
      return {"ARRAY", {}, {}, {}, {{"", item}}};
    case 1:
      return {"MAP", {}, {}, {}, {{"", Sized("VARCHAR", 20)}, {"", item}}};
    default:
      return {"STRUCT", {}, {}, {}, {{"a", item}, {"b", Sized("VARCHAR", 10)}}};
  }
}

Column Made(std::string name, DataType type, std::optional<bool> nullable) {
  Column column;
  column.name = std::move(name);
  column.type = std::move(type);
  column.nullable = nullable;
  return column;
}

std::vector<std::string> SomeColumns(const Table& table, size_t most, Dice* dice) {
  std::vector<std::string> names;
  for (size_t i = 1 + dice->Below(most); i > 0; --i) {
    const std::string& name = table.columns[dice->Below(table.columns.size())].name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string Month(size_t number) {
  return Cat(2023 + number / 12, number % 12 < 9 ? "-0" : "-", number % 12 + 1, "-01");
}

// Columns that can be keys come first: a number, a date, a text.
void FillKeys(Table* table, Dice* dice) {
  KeyModel model = dice->Of({KeyModel::kDuplicate, KeyModel::kDuplicate, KeyModel::kAggregate,
                             KeyModel::kUnique, KeyModel::kPrimary});
  bool primary = model == KeyModel::kPrimary;
  auto nullable = [&]() -> std::optional<bool> {
    return primary || dice->Chance(60) ? std::optional<bool>(false) : std::nullopt;
  };
  table->columns.push_back(
      Made("id", ScalarType(dice->Of<std::string>({"INT", "BIGINT"})), nullable()));
  table->columns.push_back(
      Made("dt", ScalarType(dice->Of<std::string>({"DATE", "DATETIME"})), nullable()));
  table->columns.push_back(Made("Größe", Sized("VARCHAR", 20), false));
  table->key.emplace();
  table->key->model = model;
  size_t keys = 1 + dice->Below(3);
  for (size_t i = 0; i < keys; ++i) table->key->columns.push_back(table->columns[i].name);
  for (size_t i = keys; i < table->columns.size(); ++i) {
    FillAggregate(*table, &table->columns[i], dice);
  }
  if (model == KeyModel::kDuplicate && dice->Chance(15)) table->key.reset();
}

}  // namespace

DataType RandomType(Dice* dice) {
  switch (dice->Below(5)) {
    case 0:
      return Sized(dice->Of<std::string>({"VARCHAR", "VARCHAR", "CHAR"}), dice->Of({5, 20, 200}));
    case 1:
      return {"DECIMAL", {}, dice->Of({9, 18, 30}), dice->Of({0, 2, 4}), {}};
    case 2:
      return dice->Chance(50) ? Nested(dice) : ScalarType("JSON");
    default:
      return ScalarType(dice->Of<std::string>({"TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT",
                                               "FLOAT", "DOUBLE", "BOOLEAN", "DATE", "DATETIME"}));
  }
}

void FillDefault(Column* column, Dice* dice) {
  column->default_value.reset();
  if (!column->type || dice->Chance(40)) return;
  using Kind = DefaultValue::Kind;
  const DataType& type = *column->type;
  DefaultValue value;
  if (IsInteger(type) || type.name == "DECIMAL" || type.name == "DOUBLE") {
    value.text = dice->Of<std::string>({"0", "1", "-7", "42"});
  } else if (type.name == "VARCHAR") {
    value.text = dice->Of<std::string>({"", "x", "it's", "\"q\"", "ü"});
  } else if (type.name == "BOOLEAN") {
    value.text = dice->Of<std::string>({"true", "false", "0"});
  } else if (type.name == "DATETIME") {
    value.kind = dice->Chance(50) ? Kind::kTimestamp : Kind::kText;
    if (value.kind == Kind::kText) value.text = "2024-01-31 00:00:00";
  } else if (type.name == "DATE") {
    value.text = "2024-01-31";
  } else {
    return;
  }
  if (column->nullable != false && dice->Chance(15)) value = {Kind::kNull, ""};
  column->default_value = std::move(value);
}

void FillAggregate(const Table& table, Column* column, Dice* dice) {
  column->aggregate.reset();
  if (ModelOf(table) != KeyModel::kAggregate || !column->type) return;
  const DataType& type = *column->type;
  bool sums = type.name == "INT" || type.name == "BIGINT" || type.name == "DOUBLE";
  if (type.name == "HLL") {
    column->aggregate = "HLL_UNION";
  } else if (type.name == "BITMAP") {
    column->aggregate = "BITMAP_UNION";
  } else if (sums) {
    column->aggregate = dice->Of<std::string>({"SUM", "MAX", "REPLACE"});
  } else if (IsDate(type) || IsString(type)) {
    column->aggregate = dice->Of<std::string>({"MIN", "MAX", "REPLACE", "REPLACE_IF_NOT_NULL"});
  } else {
    column->aggregate = "REPLACE";
  }
}

Column RandomColumn(const Table& table, Dice* dice) {
  Column column = Made(dice->Name(dice->Of<std::string>({"c", "C", "Order", "two words", "ü"})),
                       RandomType(dice), std::nullopt);
  if (ModelOf(table) == KeyModel::kAggregate && dice->Chance(15)) {
    column.type = ScalarType(dice->Of<std::string>({"HLL", "BITMAP"}));
  } else if (dice->Chance(50)) {
    column.nullable = dice->Chance(50);
  }
  if (ModelOf(table) != KeyModel::kAggregate && dice->Chance(12)) {
    column.type = ScalarType("BIGINT");
    column.nullable.reset();
    column.generated = Cat("CAST(id AS BIGINT) + ", dice->Below(3));
    column.comment = dice->Comment();
    return column;
  }
  FillDefault(&column, dice);
  FillAggregate(table, &column, dice);
  column.comment = dice->Comment();
  return column;
}

void AddRandomIndex(Table* table, Dice* dice) {
  schema::Index index;
  index.name = dice->Name("ix");
  index.columns = {table->columns[dice->Below(table->columns.size())].name};
  index.type = dice->Chance(75) ? "BITMAP" : "NGRAMBF";
  if (index.type == "NGRAMBF") {
    index.columns = {"Größe"};
    index.properties = {{"gram_num", dice->Of<std::string>({"4", "5"})},
                        {"bloom_filter_fpp", "0.05"}};
  }
  if (dice->Chance(50)) index.comment = dice->Comment();
  table->indexes.push_back(std::move(index));
}

void FillDistribution(Table* table, Dice* dice) {
  table->distribution.reset();
  if (dice->Chance(10)) return;
  table->distribution.emplace();
  table->distribution->random = dice->Chance(15);
  if (!table->distribution->random) table->distribution->columns = {"id"};
  if (dice->Chance(60)) table->distribution->buckets = dice->Of({1, 2, 4});
}

Partition NextPartition(const Partitioning& partitioning, Dice* dice) {
  Partition one;
  one.name = dice->Name("p");
  size_t number = partitioning.partitions.size();
  if (partitioning.kind == Partitioning::Kind::kList) {
    one.kind = Partition::Kind::kIn;
    one.members = {{{schema::PartitionValue::Kind::kText, dice->Name("it's ")}}};
    return one;
  }
  one.kind = dice->Chance(50) && number > 0 ? Partition::Kind::kFixed : Partition::Kind::kLessThan;
  if (one.kind == Partition::Kind::kFixed) {
    one.lower = {{schema::PartitionValue::Kind::kText, Month(number)}};
  }
  one.upper = {{schema::PartitionValue::Kind::kText, Month(number + 1)}};
  return one;
}

void FillPartitioning(Table* table, Dice* dice) {
  table->partitioning.reset();
  if (dice->Chance(40)) return;
  Partitioning& out = table->partitioning.emplace();
  switch (dice->Below(4)) {
    case 0:
      out.kind = Partitioning::Kind::kRange;
      out.terms = {"dt"};
      break;
    case 1:
      out.kind = Partitioning::Kind::kList;
      out.terms = {"Größe"};
      break;
    case 2:
      out.kind = Partitioning::Kind::kExpression;
      out.terms = {Cat("date_trunc('", dice->Of<std::string>({"day", "month"}), "', dt)")};
      return;
    default:
      out.kind = Partitioning::Kind::kExpression;
      out.terms = {dice->Of<std::string>({"dt", "Größe"})};
      return;
  }
  for (size_t i = 1 + dice->Below(3); i > 0; --i) {
    out.partitions.push_back(NextPartition(out, dice));
  }
}

void FillSortKey(Table* table, Dice* dice) {
  table->order_by.clear();
  if (dice->Chance(60)) return;
  table->order_by = SomeColumns(*table, 3, dice);
}

void AddRandomRollup(Table* table, Dice* dice) {
  schema::Rollup rollup;
  rollup.name = dice->Name("ru");
  // Key columns come first, as the table has them.
  std::vector<std::string> wanted = SomeColumns(*table, 4, dice);
  for (const Column& column : table->columns) {
    if (std::find(wanted.begin(), wanted.end(), column.name) == wanted.end()) continue;
    rollup.columns.push_back(column.name);
  }
  table->rollups.push_back(std::move(rollup));
}

void SetRandomProperty(const Objects& others, Table* table, Dice* dice) {
  schema::Properties& out = table->properties;
  switch (dice->Below(9)) {
    case 0:
      out["replication_num"] = dice->Of<std::string>({"1", "2", "3"});
      break;
    case 1:
      out["bloom_filter_columns"] = dice->Of<std::string>({"id", "dt", "id,dt", "Größe"});
      break;
    case 2:
      out["compression"] = dice->Of<std::string>({"LZ4", "ZSTD", "SNAPPY"});
      break;
    case 3:
      out["unique_constraints"] = dice->Of<std::string>({"id", "id,dt"});
      break;
    case 4:
      out["write_quorum"] = dice->Of<std::string>({"ONE", "ALL", "MAJORITY"});
      break;
    case 5:
      out["enable_load_profile"] = dice->Of<std::string>({"true", "false"});
      break;
    case 6:
      out["flat_json.enable"] = "true";
      if (dice->Chance(50)) out["flat_json.null.factor"] = dice->Of<std::string>({"0.2", "0.4"});
      break;
    case 7:
      out["partition_live_number"] = dice->Of<std::string>({"3", "10"});
      break;
    default:
      for (const schema::Object& other : others) {
        const auto* parent = std::get_if<Table>(&other.definition);
        if (parent == nullptr || !dice->Chance(50)) continue;
        out["foreign_key_constraints"] = Cat("(id) REFERENCES ", other.name.name, "(id)");
      }
  }
}

Table RandomTable(const Objects& others, Dice* dice) {
  Table table;
  FillKeys(&table, dice);
  std::vector<Column> generated;
  for (size_t i = 1 + dice->Below(5); i > 0; --i) {
    Column column = RandomColumn(table, dice);
    (column.generated ? generated : table.columns).push_back(std::move(column));
  }
  if (ModelOf(table) == KeyModel::kPrimary && dice->Chance(15)) {
    Column column = Made(dice->Name("ai"), ScalarType("BIGINT"), false);
    column.auto_increment = true;
    table.columns.push_back(std::move(column));
  }
  table.columns.insert(table.columns.end(), generated.begin(), generated.end());
  table.comment = dice->Comment();
  FillDistribution(&table, dice);
  if (table.key) FillPartitioning(&table, dice);
  if (dice->Chance(40)) FillSortKey(&table, dice);
  for (size_t i = dice->Below(3); i > 0; --i) AddRandomIndex(&table, dice);
  for (size_t i = dice->Below(3); i > 0; --i) SetRandomProperty(others, &table, dice);
  if (dice->Chance(15)) AddRandomRollup(&table, dice);
  return table;
}

}  // namespace stateserver::apply::testing
