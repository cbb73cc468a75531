// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/digest.h"

#include "common/sha256.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {
namespace {

constexpr size_t kDigits = 16;

bool MakesPartitions(const Table& table) {
  auto dynamic = table.properties.find("dynamic_partition.enable");
  return table.partitioning->kind == Partitioning::Kind::kExpression ||
         (dynamic != table.properties.end() && dynamic->second == "true");
}

Table Normal(const ObjectName& name, const Table& table, const Engine& engine, bool printed) {
  Table out = NormalTable(name, printed ? AsPrinted(table, engine) : table, engine);
  if (out.partitioning && MakesPartitions(out)) out.partitioning->partitions.clear();
  for (Column& column : out.columns) column.name = Folded(column.name);
  return out;
}

}  // namespace

std::string ObjectDigest(const Object& object, const Engine& engine, bool printed) {
  Object normal{{"", object.name.name}, object.definition, {}};
  if (auto* table = std::get_if<Table>(&normal.definition)) {
    *table = Normal(object.name, *table, engine, printed);
  }
  return Sha256::Hex(Print(normal)).substr(0, kDigits);
}

}  // namespace stateserver::schema
