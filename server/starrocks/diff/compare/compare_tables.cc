// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/compare_tables.h"

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/compare/compare_parts.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {
namespace {

std::string FoldedNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) AppendTo(&text, text.empty() ? "" : ", ", Folded(name));
  return text;
}

std::string PrintKey(const std::optional<KeyClause>& key) {
  if (!key) return "";
  constexpr std::string_view kWords[] = {"DUPLICATE", "AGGREGATE", "UNIQUE", "PRIMARY"};
  return Cat(kWords[static_cast<size_t>(key->model)], " KEY(", FoldedNames(key->columns), ")");
}

void CompareKeys(const Table& live, const Table& declared, Comparison* out) {
  if (!declared.key && live.key && live.key->model == KeyModel::kDuplicate) {
    return out->Leave("key", Cat("the engine chose ", PrintKey(live.key)));
  }
  std::string there = PrintKey(live.key), wanted = PrintKey(declared.key);
  if (there != wanted) out->Differ("key", there, wanted);
}

void CompareDistributions(const Table& live, const Table& declared, Comparison* out) {
  Distribution there = *live.distribution, wanted = *declared.distribution;
  for (std::string& column : there.columns) column = Folded(column);
  for (std::string& column : wanted.columns) column = Folded(column);
  if (!wanted.buckets && there.buckets) {
    out->Leave("buckets", Cat("there are ", *there.buckets,
                              ", and the declaration leaves them to the engine"));
    there.buckets.reset();
  }
  if (there != wanted)
    out->Differ("distribution", PrintDistribution(there), PrintDistribution(wanted));
}

}  // namespace

Comparison CompareTables(const ObjectName& name, const Table& live, const Table& declared,
                         const Engine& engine) {
  Comparison out;
  Table there = NormalTable(name, AsPrinted(live, engine), engine),
        wanted = NormalTable(name, declared, engine);
  if (there.engine != wanted.engine) out.Differ("engine", there.engine, wanted.engine);
  CompareKeys(there, wanted, &out);
  CompareColumns(there, wanted, &out);
  CompareIndexes(there, wanted, &out);
  ComparePartitioning(there, wanted, &out);
  CompareDistributions(there, wanted, &out);
  std::string live_order = FoldedNames(there.order_by), order = FoldedNames(wanted.order_by);
  if (live_order != order) out.Differ("sort key", live_order, order);
  CompareRollups(there, wanted, &out);
  if (there.comment != wanted.comment) {
    out.Differ("comment", QuoteText(there.comment), QuoteText(wanted.comment));
  }
  CompareProperties(there, wanted, engine, &out);
  return out;
}

}  // namespace stateserver::schema
