// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/compare_parts.h"

#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/compare/pairs.h"
#include "server/starrocks/diff/compare/partitions.h"
#include "server/starrocks/diff/compare/properties.h"

namespace stateserver::schema {
namespace {

std::string PrintIndex(const Index* index) {
  if (index == nullptr) return "";
  std::string columns, properties;
  for (const std::string& column : index->columns) {
    AppendTo(&columns, columns.empty() ? "" : ", ", Folded(column));
  }
  for (const auto& [key, value] : index->properties) {
    AppendTo(&properties, properties.empty() ? " (" : ", ", QuoteText(key), " = ",
             QuoteText(value));
  }
  if (!properties.empty()) properties.push_back(')');
  std::string comment = index->comment.empty() ? "" : Cat(" COMMENT ", QuoteText(index->comment));
  return Cat("(", columns, ") USING ", index->type, properties, comment);
}

std::string PrintRollup(const Rollup* rollup) {
  if (rollup == nullptr) return "";
  std::string columns;
  for (const std::string& column : rollup->columns) {
    AppendTo(&columns, columns.empty() ? "" : ", ", Folded(column));
  }
  return Cat("(", columns, ")");
}

std::vector<std::string> CommonOrder(const Table& table, const Table& other) {
  std::set<std::string> names;
  for (const Column& column : other.columns) names.insert(Folded(column.name));
  std::vector<std::string> order;
  for (const Column& column : table.columns) {
    if (names.contains(Folded(column.name))) order.push_back(Folded(column.name));
  }
  return order;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", name);
  return text;
}

std::string Scheme(const std::optional<Partitioning>& partitioning) {
  if (!partitioning) return "";
  Partitioning scheme = *partitioning;
  scheme.partitions.clear();
  std::string text = PrintPartitioning(scheme);
  if (scheme.kind != Partitioning::Kind::kExpression) text.resize(text.size() - 3);  // " ()"
  return text;
}

bool IsDynamic(const Table& table) {
  auto found = table.properties.find("dynamic_partition.enable");
  return found != table.properties.end() && found->second == "true";
}

void ComparePartitions(const Table& live, const Table& declared, Comparison* out) {
  if (IsDynamic(live) || IsDynamic(declared)) {
    return out->Leave("partitions", "the engine makes and drops them (dynamic_partition)");
  }
  if (declared.partitioning->kind == Partitioning::Kind::kExpression) {
    return out->Leave("partitions", "the engine makes them as rows come");
  }
  std::vector<Partition> there, wanted;
  if (!NormalPartitions(*live.partitioning, &there) ||
      !NormalPartitions(*declared.partitioning, &wanted)) {
    return out->Leave("partitions",
                      "START, END and EVERY are not of a kind that can be worked out");
  }
  ForEachPair(there, wanted, [&](const Partition* a, const Partition* b) {
    if (a != nullptr && b != nullptr && SameBounds(*a, *b)) return;
    out->Differ(Cat("partition ", (b == nullptr ? a : b)->name),
                a == nullptr ? "" : PrintBounds(*a), b == nullptr ? "" : PrintBounds(*b));
  });
}

}  // namespace

void CompareColumns(const Table& live, const Table& declared, Comparison* out) {
  ForEachPair(live.columns, declared.columns, [&](const Column* a, const Column* b) {
    if (a != nullptr && b != nullptr) {
      Column renamed = *a;
      renamed.name = b->name;
      if (renamed == *b) return;
    }
    out->Differ(Cat("column ", (b == nullptr ? a : b)->name), a == nullptr ? "" : PrintColumn(*a),
                b == nullptr ? "" : PrintColumn(*b));
  });
  std::vector<std::string> there = CommonOrder(live, declared);
  std::vector<std::string> wanted = CommonOrder(declared, live);
  if (there != wanted) out->Differ("column order", Joined(there), Joined(wanted));
}

void CompareIndexes(const Table& live, const Table& declared, Comparison* out) {
  ForEachPair(live.indexes, declared.indexes, [&](const Index* a, const Index* b) {
    std::string there = PrintIndex(a), wanted = PrintIndex(b);
    if (there != wanted) out->Differ(Cat("index ", (b == nullptr ? a : b)->name), there, wanted);
  });
}

void CompareRollups(const Table& live, const Table& declared, Comparison* out) {
  ForEachPair(live.rollups, declared.rollups, [&](const Rollup* a, const Rollup* b) {
    std::string there = PrintRollup(a), wanted = PrintRollup(b);
    if (there != wanted) out->Differ(Cat("rollup ", (b == nullptr ? a : b)->name), there, wanted);
  });
}

void ComparePartitioning(const Table& live, const Table& declared, Comparison* out) {
  std::string there = Scheme(live.partitioning), wanted = Scheme(declared.partitioning);
  if (Folded(there) != Folded(wanted)) return out->Differ("partition scheme", there, wanted);
  if (declared.partitioning) ComparePartitions(live, declared, out);
}

void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       Comparison* out) {
  std::set<std::string> keys;
  for (const auto& [key, value] : live.properties) keys.insert(key);
  for (const auto& [key, value] : declared.properties) keys.insert(key);
  for (const std::string& key : keys) {
    auto there = live.properties.find(key), wanted = declared.properties.find(key);
    bool is_there = there != live.properties.end(), is_wanted = wanted != declared.properties.end();
    if (IsNeverPrinted(key)) {
      out->Leave(Cat("property ", key), "the engine does not show it");
    } else if (!is_wanted && !DefaultProperty(key, declared, engine)) {
      out->Leave(Cat("property ", key), Cat("it is ", QuoteText(there->second),
                                            ", not declared, and has no known default"));
    } else if (!is_there || !is_wanted || there->second != wanted->second) {
      auto value = [&](bool present, auto at) {
        return QuoteText(present ? at->second
                                 : DefaultProperty(key, declared, engine).value_or(""));
      };
      out->Differ(Cat("property ", key), value(is_there, there), value(is_wanted, wanted));
    }
  }
}

}  // namespace stateserver::schema
