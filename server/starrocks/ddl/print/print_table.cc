// SPDX-License-Identifier: Apache-2.0
//
// Tables.
#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print_internal.h"

namespace stateserver::schema {
namespace {

std::string_view Words(KeyModel model) {
  switch (model) {
    case KeyModel::kDuplicate:
      return "DUPLICATE";
    case KeyModel::kAggregate:
      return "AGGREGATE";
    case KeyModel::kUnique:
      return "UNIQUE";
    case KeyModel::kPrimary:
      return "PRIMARY";
  }
  return "";
}

std::string PrintTuple(const PartitionTuple& tuple) {
  std::string text;
  for (const PartitionValue& value : tuple) {
    if (!text.empty()) text.append(", ");
    text.append(value.kind == PartitionValue::Kind::kMaximum ? "MAXVALUE"
                : value.kind == PartitionValue::Kind::kNull  ? "NULL"
                                                             : QuoteText(value.text));
  }
  return Cat("(", text, ")");
}

std::string PrintMembers(const std::vector<PartitionTuple>& members) {
  std::string text;
  for (const PartitionTuple& member : members) {
    std::string one = PrintTuple(member);
    if (member.size() == 1) one = one.substr(1, one.size() - 2);
    AppendTo(&text, text.empty() ? "" : ", ", one);
  }
  return Cat("(", text, ")");
}

// What stands between the columns and the properties.
std::string PrintClauses(const Table& table) {
  std::string text;
  if (table.engine != "OLAP") AppendTo(&text, "\nENGINE = ", table.engine);
  if (table.key) {
    AppendTo(&text, "\n", Words(table.key->model), " KEY(", PrintNames(table.key->columns), ")");
  }
  if (!table.comment.empty()) AppendTo(&text, "\nCOMMENT ", QuoteText(table.comment));
  if (table.partitioning)
    AppendTo(&text, "\nPARTITION BY ", PrintPartitioning(*table.partitioning));
  if (table.distribution) {
    AppendTo(&text, "\nDISTRIBUTED BY ", PrintDistribution(*table.distribution));
  }
  if (!table.order_by.empty()) AppendTo(&text, "\nORDER BY(", PrintNames(table.order_by), ")");
  if (!table.rollups.empty()) {
    std::string rollups;
    for (const Rollup& rollup : table.rollups) {
      AppendTo(&rollups, rollups.empty() ? "" : ",\n  ", PrintRollup(rollup));
    }
    AppendTo(&text, "\nROLLUP (\n  ", rollups, "\n)");
  }
  return text;
}

}  // namespace

std::string PrintIndex(const Index& index) {
  std::string text =
      Cat("INDEX ", QuoteName(index.name), " (", PrintNames(index.columns), ") USING ", index.type);
  if (!index.properties.empty()) {
    AppendTo(&text, " (", PrintPropertyList(index.properties, ", "), ")");
  }
  if (!index.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(index.comment));
  return text;
}

std::string PrintPartition(const Partition& partition) {
  if (partition.kind == Partition::Kind::kBatch) {
    return Cat("START ", PrintTuple(partition.lower), " END ", PrintTuple(partition.upper),
               " EVERY (", partition.step, ")");
  }
  std::string text = Cat("PARTITION ", QuoteName(partition.name), " VALUES ");
  if (partition.kind == Partition::Kind::kLessThan) {
    AppendTo(&text, "LESS THAN ", PrintTuple(partition.upper));
  } else if (partition.kind == Partition::Kind::kFixed) {
    AppendTo(&text, "[", PrintTuple(partition.lower), ", ", PrintTuple(partition.upper), ")");
  } else {
    AppendTo(&text, "IN ", PrintMembers(partition.members));
  }
  if (!partition.properties.empty()) {
    AppendTo(&text, " (", PrintPropertyList(partition.properties, ", "), ")");
  }
  return text;
}

std::string PrintRollup(const Rollup& rollup) {
  std::string text = Cat(QuoteName(rollup.name), " (", PrintNames(rollup.columns), ")");
  if (!rollup.duplicate_key.empty()) {
    AppendTo(&text, " DUPLICATE KEY (", PrintNames(rollup.duplicate_key), ")");
  }
  if (!rollup.from.empty()) AppendTo(&text, " FROM ", QuoteName(rollup.from));
  if (!rollup.properties.empty()) {
    AppendTo(&text, " PROPERTIES (", PrintPropertyList(rollup.properties, ", "), ")");
  }
  return text;
}

std::string PrintPartitioning(const Partitioning& partitioning) {
  std::string terms;
  for (const std::string& term : partitioning.terms) {
    AppendTo(&terms, terms.empty() ? "" : ", ", term);
  }
  bool expression = partitioning.kind == Partitioning::Kind::kExpression;
  std::string text = partitioning.kind == Partitioning::Kind::kRange  ? Cat("RANGE(", terms, ")")
                     : partitioning.kind == Partitioning::Kind::kList ? Cat("LIST(", terms, ")")
                     : partitioning.terms.size() > 1                  ? Cat("(", terms, ")")
                                                                      : terms;
  if (expression && partitioning.partitions.empty()) return text;
  std::string partitions;
  for (const Partition& partition : partitioning.partitions) {
    AppendTo(&partitions, partitions.empty() ? "\n  " : ",\n  ", PrintPartition(partition));
  }
  return Cat(text, " (", partitions, partitions.empty() ? ")" : "\n)");
}

std::string PrintTable(const ObjectName& name, const Table& table) {
  std::string elements;
  for (const Column& column : table.columns) {
    AppendTo(&elements, elements.empty() ? "" : ",\n  ", PrintColumn(column));
  }
  for (const Index& index : table.indexes) AppendTo(&elements, ",\n  ", PrintIndex(index));
  return Cat("CREATE TABLE ", PrintName(name), " (\n  ", elements, "\n)", PrintClauses(table),
             PrintPropertiesClause(table.properties));
}

}  // namespace stateserver::schema
