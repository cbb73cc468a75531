// SPDX-License-Identifier: Apache-2.0
//
// parse(print(x)) = x for random objects.
#include <gtest/gtest.h>

#include <random>

#include "server/starrocks/ddl/print.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::schema {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  int Below(int limit) { return static_cast<int>(engine_() % static_cast<unsigned>(limit)); }
  bool Chance(int percent) { return Below(100) < percent; }
  template <typename T>
  T Of(std::initializer_list<T> list) {
    return *(list.begin() + Below(static_cast<int>(list.size())));
  }

  std::string Name() {
    return Of<std::string>({"a", "Order", "select", "two words", "größe", "1st", "x.y", "_z"}) +
           std::to_string(Below(1000));
  }
  std::string Text() {
    return Of<std::string>(
        {"", "x", "it's", "\"q\"", "back\\slash", "line\nend", "; -- no", "ü", "'"});
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names(static_cast<size_t>(1 + Below(3)));
    for (std::string& name : names) name = Name();
    return names;
  }
  Properties Props() {
    Properties properties;
    for (int i = Below(3); i > 0; --i) properties[Of<std::string>({"k", "a.b", "x\"y"})] = Text();
    return properties;
  }

 private:
  std::mt19937 engine_;
};

DataType RandomType(Dice* dice, int depth) {
  int choice = dice->Below(depth > 2 ? 6 : 9);
  if (choice < 3)
    return {dice->Of<std::string>({"INT", "BOOLEAN", "JSON", "DATETIME", "HLL"}), {}, {}, {}, {}};
  if (choice < 5) return {"VARCHAR", dice->Of({1, 20, kStringLength}), {}, {}, {}};
  if (choice == 5) return {"DECIMAL", {}, 9 + dice->Below(9), dice->Below(9), {}};
  DataType type;
  type.name = choice == 6 ? "ARRAY" : choice == 7 ? "MAP" : "STRUCT";
  int fields = choice == 6 ? 1 : choice == 7 ? 2 : 1 + dice->Below(3);
  for (int i = 0; i < fields; ++i) {
    type.fields.push_back({choice == 8 ? dice->Name() : "", RandomType(dice, depth + 1)});
  }
  return type;
}

Column RandomColumn(Dice* dice) {
  Column column;
  column.name = dice->Name();
  if (dice->Chance(5)) {
    column.state = AggregateState{"avg", {RandomType(dice, 3)}};
  } else {
    column.type = RandomType(dice, 0);
  }
  column.key = dice->Chance(20);
  if (dice->Chance(20)) column.aggregate = dice->Of<std::string>({"SUM", "REPLACE_IF_NOT_NULL"});
  if (dice->Chance(60)) column.nullable = dice->Chance(50);
  switch (dice->Below(6)) {
    case 0:
      column.auto_increment = true;
      break;
    case 1:
      column.default_value = DefaultValue{DefaultValue::Kind::kText, dice->Text()};
      break;
    case 2:
      column.default_value = dice->Of({DefaultValue{DefaultValue::Kind::kNull, ""},
                                       DefaultValue{DefaultValue::Kind::kTimestamp, "3"},
                                       DefaultValue{DefaultValue::Kind::kExpression, "uuid()"}});
      break;
    case 3:
      column.generated =
          dice->Of<std::string>({"a * 2", "get_json_string(b, '$.k')", "`two words` + 1"});
      break;
    default:
      break;
  }
  column.comment = dice->Text();
  return column;
}

Partitioning RandomPartitioning(Dice* dice) {
  Partitioning out;
  out.kind = dice->Of(
      {Partitioning::Kind::kRange, Partitioning::Kind::kList, Partitioning::Kind::kExpression});
  out.terms = {"d"};
  if (out.kind == Partitioning::Kind::kExpression) {
    out.terms = dice->Chance(50)
                    ? std::vector<std::string>{"date_trunc('day', d)"}
                    : std::vector<std::string>{"from_unixtime(d, '%Y')", "`two words`"};
    return out;
  }
  for (int i = dice->Below(4); i > 0; --i) {
    Partition partition;
    partition.name = dice->Name();
    PartitionTuple tuple = {{PartitionValue::Kind::kText, dice->Text()}};
    if (out.kind == Partitioning::Kind::kList) {
      partition.kind = Partition::Kind::kIn;
      partition.members = {tuple, {{PartitionValue::Kind::kNull, ""}}};
      if (dice->Chance(40)) partition.members = {{tuple[0], tuple[0]}};
    } else if (dice->Chance(40)) {
      partition.kind = Partition::Kind::kFixed;
      partition.lower = partition.upper = tuple;
    } else if (dice->Chance(20)) {
      partition = Partition{Partition::Kind::kBatch, "", tuple, tuple, {}, "INTERVAL 7 DAY", {}};
    } else {
      partition.upper =
          dice->Chance(50) ? tuple : PartitionTuple{{PartitionValue::Kind::kMaximum, ""}};
    }
    if (partition.kind != Partition::Kind::kBatch) partition.properties = dice->Props();
    out.partitions.push_back(partition);
  }
  return out;
}

Distribution RandomDistribution(Dice* dice) {
  Distribution out;
  out.random = dice->Chance(30);
  if (!out.random) out.columns = dice->Names();
  if (dice->Chance(60)) out.buckets = 1 + dice->Below(64);
  return out;
}

Table RandomTable(Dice* dice) {
  Table table;
  for (int i = 1 + dice->Below(6); i > 0; --i) table.columns.push_back(RandomColumn(dice));
  for (int i = dice->Below(2); i > 0; --i) {
    table.indexes.push_back({dice->Name(), dice->Names(), dice->Of<std::string>({"BITMAP", "GIN"}),
                             dice->Props(), dice->Text()});
  }
  if (dice->Chance(20)) table.engine = "MYSQL";
  if (dice->Chance(70)) {
    table.key = KeyClause{dice->Of({KeyModel::kDuplicate, KeyModel::kAggregate, KeyModel::kUnique,
                                    KeyModel::kPrimary}),
                          dice->Names()};
  }
  table.comment = dice->Text();
  if (dice->Chance(60)) table.partitioning = RandomPartitioning(dice);
  if (dice->Chance(70)) table.distribution = RandomDistribution(dice);
  if (dice->Chance(30)) table.order_by = dice->Names();
  for (int i = dice->Below(3); i > 0; --i) {
    table.rollups.push_back({dice->Name(), dice->Names(),
                             dice->Chance(30) ? dice->Names() : std::vector<std::string>{},
                             dice->Chance(30) ? dice->Name() : "", dice->Props()});
  }
  table.properties = dice->Props();
  return table;
}

std::vector<ViewColumn> RandomViewColumns(Dice* dice) {
  std::vector<ViewColumn> columns(static_cast<size_t>(dice->Below(3)));
  for (ViewColumn& column : columns) column = {dice->Name(), dice->Text()};
  return columns;
}

constexpr std::string_view kQuery = "SELECT a, ';' AS b -- note\nFROM (SELECT 1) t";

Object RandomObject(Dice* dice) {
  Object object;
  object.name = {dice->Chance(50) ? dice->Name() : "", dice->Name()};
  switch (dice->Below(4)) {
    case 0:
      object.definition = View{RandomViewColumns(dice), dice->Text(),
                               dice->Of<std::string>({"", "NONE", "INVOKER"}), std::string(kQuery)};
      break;
    case 1: {
      MaterializedView view;
      view.columns = RandomViewColumns(dice);
      view.comment = dice->Text();
      if (dice->Chance(50)) {
        view.partitioning =
            Partitioning{Partitioning::Kind::kExpression, {"date_trunc('day', d)"}, {}};
      }
      if (dice->Chance(50)) view.distribution = RandomDistribution(dice);
      if (dice->Chance(30)) view.order_by = dice->Names();
      if (dice->Chance(70)) {
        view.refresh =
            Refresh{dice->Of({Refresh::Moment::kNotSaid, Refresh::Moment::kImmediate,
                              Refresh::Moment::kDeferred}),
                    dice->Of({Refresh::Mode::kManual, Refresh::Mode::kIncremental}), "", ""};
        if (dice->Chance(50))
          view.refresh = Refresh{Refresh::Moment::kDeferred, Refresh::Mode::kAsync, "2031-05-01",
                                 "INTERVAL 2 HOUR"};
      }
      view.properties = dice->Props();
      view.query = kQuery;
      object.definition = view;
      break;
    }
    default:
      object.definition = RandomTable(dice);
  }
  return object;
}

TEST(RoundTripTest, PrintedObjectsReadBackEqual) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Dice dice(seed);
    Object object = RandomObject(&dice);
    std::string text = Print(object);
    ParsedScript script = ParseScript(text, "printed");
    ASSERT_TRUE(script.errors.empty()) << script.errors[0].Text() << "\n" << text;
    ASSERT_EQ(script.objects.size(), 1u) << text;
    ASSERT_EQ(script.objects[0].name, object.name) << text;
    ASSERT_TRUE(script.objects[0].definition == object.definition) << seed << "\n"
                                                                   << text << "\n"
                                                                   << Print(script.objects[0]);
  }
}

}  // namespace
}  // namespace stateserver::schema
