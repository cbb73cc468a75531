// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/print.h"

#include <algorithm>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

std::string PrintName(const ObjectName& name) {
  if (name.database.empty()) return QuoteName(name.name);
  return Cat(QuoteName(name.database), ".", QuoteName(name.name));
}

std::string PrintNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", QuoteName(name));
  return text;
}

std::string PrintPropertyList(const Properties& properties, std::string_view between) {
  std::string text;
  for (const auto& [key, value] : properties) {
    AppendTo(&text, text.empty() ? "" : between, QuoteText(key), " = ", QuoteText(value));
  }
  return text;
}

std::string PrintPropertiesClause(const Properties& properties) {
  if (properties.empty()) return "";
  return Cat("\nPROPERTIES (\n  ", PrintPropertyList(properties, ",\n  "), "\n)");
}

std::string PrintDistribution(const Distribution& distribution) {
  std::string text =
      distribution.random ? "RANDOM" : Cat("HASH(", PrintNames(distribution.columns), ")");
  if (distribution.buckets) AppendTo(&text, " BUCKETS ", *distribution.buckets);
  return text;
}

std::string Print(const Object& object) {
  struct Printer {
    const ObjectName& name;
    std::string operator()(const Table& table) const { return PrintTable(name, table); }
    std::string operator()(const View& view) const { return PrintView(name, view); }
    std::string operator()(const MaterializedView& view) const {
      return PrintMaterializedView(name, view);
    }
  };
  return std::visit(Printer{object.name}, object.definition);
}

namespace {

std::string PrintFields(const DataType& type) {
  std::string text;
  for (const StructField& field : type.fields) {
    if (!text.empty()) text.append(", ");
    if (type.name == "STRUCT") AppendTo(&text, QuoteName(field.name), " ");
    text.append(PrintType(field.type));
  }
  return text;
}

std::string PrintDefault(const DefaultValue& value) {
  switch (value.kind) {
    case DefaultValue::Kind::kText:
      return QuoteText(value.text);
    case DefaultValue::Kind::kNull:
      return "NULL";
    case DefaultValue::Kind::kTimestamp:
      return value.text.empty() ? "CURRENT_TIMESTAMP" : Cat("CURRENT_TIMESTAMP(", value.text, ")");
    case DefaultValue::Kind::kExpression:
      return Cat("(", value.text, ")");
    case DefaultValue::Kind::kLiteral:
      return value.text;
  }
  return "";
}

std::string PrintState(const AggregateState& state) {
  std::string text;
  for (const DataType& type : state.arguments) {
    AppendTo(&text, text.empty() ? "" : ", ", PrintType(type));
  }
  return Cat(state.function, "(", text, ")");
}

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

// Returns the clauses between the columns and the properties.
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

// Returns true if no term is an expression. Only names of columns may stand in parentheses.
bool AreNames(const std::vector<std::string>& terms) {
  return std::all_of(terms.begin(), terms.end(),
                     [](const std::string& term) { return term.find('(') == term.npos; });
}

std::string PrintViewColumns(const std::vector<ViewColumn>& columns,
                             const std::vector<Index>& indexes = {}) {
  if (columns.empty()) return "";
  std::string text;
  for (const ViewColumn& column : columns) {
    AppendTo(&text, text.empty() ? "\n  " : ",\n  ", QuoteName(column.name));
    if (!column.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(column.comment));
  }
  for (const Index& index : indexes) AppendTo(&text, ",\n  ", PrintIndex(index));
  return Cat(" (", text, "\n)");
}

std::string PrintComment(const std::string& comment) {
  return comment.empty() ? "" : Cat("\nCOMMENT ", QuoteText(comment));
}

}  // namespace

std::string PrintType(const DataType& type) {
  if (!type.fields.empty()) return Cat(type.name, "<", PrintFields(type), ">");
  if (type.name == "VARCHAR" && type.length == kStringLength) return "STRING";
  if (type.precision)
    return Cat(type.name, "(", *type.precision, ", ", type.scale.value_or(0), ")");
  if (type.length) return Cat(type.name, "(", *type.length, ")");
  return type.name;
}

std::string PrintColumn(const Column& column) {
  std::string text =
      Cat(QuoteName(column.name), " ",
          column.state ? PrintState(*column.state) : PrintType(column.type.value_or(DataType{})));
  if (column.key) text.append(" KEY");
  if (column.aggregate) AppendTo(&text, " ", *column.aggregate);
  if (column.nullable) text.append(*column.nullable ? " NULL" : " NOT NULL");
  if (column.auto_increment) text.append(" AUTO_INCREMENT");
  if (column.default_value) AppendTo(&text, " DEFAULT ", PrintDefault(*column.default_value));
  if (column.generated) AppendTo(&text, " AS ", *column.generated);
  if (!column.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(column.comment));
  return text;
}

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
                     : partitioning.terms.size() > 1 && AreNames(partitioning.terms)
                         ? Cat("(", terms, ")")
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
  Properties properties = table.properties;
  properties.erase("binlog_version");  // the engine prints it, and CREATE does not accept it
  return Cat("CREATE TABLE ", PrintName(name), " (\n  ", elements, "\n)", PrintClauses(table),
             PrintPropertiesClause(properties));
}

std::string PrintRefresh(const Refresh& refresh) {
  std::string text = "REFRESH";
  if (refresh.moment == Refresh::Moment::kImmediate) text.append(" IMMEDIATE");
  if (refresh.moment == Refresh::Moment::kDeferred) text.append(" DEFERRED");
  if (refresh.mode == Refresh::Mode::kManual) return text + " MANUAL";
  if (refresh.mode == Refresh::Mode::kIncremental) return text + " INCREMENTAL";
  if (refresh.mode == Refresh::Mode::kUnknown) return Cat(text, " ", refresh.word);
  text.append(" ASYNC");
  if (!refresh.start.empty()) AppendTo(&text, " START (", QuoteText(refresh.start), ")");
  if (!refresh.every.empty()) AppendTo(&text, " EVERY (", refresh.every, ")");
  return text;
}

std::string PrintView(const ObjectName& name, const View& view) {
  std::string text = Cat("CREATE VIEW ", PrintName(name), PrintViewColumns(view.columns),
                         PrintComment(view.comment));
  if (!view.security.empty()) AppendTo(&text, "\nSECURITY ", view.security);
  return Cat(text, "\nAS ", view.query);
}

std::string PrintMaterializedView(const ObjectName& name, const MaterializedView& view) {
  std::string text = Cat("CREATE MATERIALIZED VIEW ", PrintName(name),
                         PrintViewColumns(view.columns, view.indexes), PrintComment(view.comment));
  if (view.partitioning) AppendTo(&text, "\nPARTITION BY ", PrintPartitioning(*view.partitioning));
  if (view.distribution) {
    AppendTo(&text, "\nDISTRIBUTED BY ", PrintDistribution(*view.distribution));
  }
  if (!view.order_by.empty()) {
    AppendTo(&text, "\nORDER BY (", PrintNames(view.order_by), ")");
  }
  if (view.refresh) AppendTo(&text, "\n", PrintRefresh(*view.refresh));
  return Cat(text, PrintPropertiesClause(view.properties), "\nAS ", view.query);
}

}  // namespace stateserver::schema
