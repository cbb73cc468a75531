// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/compare/compare_views.h"

#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/compare/queries.h"

namespace stateserver::schema {

namespace {

std::string PrintColumns(const std::vector<ViewColumn>& columns) {
  std::string text;
  for (const ViewColumn& column : columns) {
    AppendTo(&text, text.empty() ? "" : ", ", Folded(column.name));
    if (!column.comment.empty()) AppendTo(&text, " COMMENT ", QuoteText(column.comment));
  }
  return text;
}

// The engine prints the names of all columns, whether or not the statement names them.
void CompareColumnLists(std::vector<ViewColumn> live, const std::vector<ViewColumn>& declared,
                        Comparison* out) {
  if (declared.empty()) {
    bool commented = false;
    for (const ViewColumn& column : live) commented = commented || !column.comment.empty();
    if (!commented) return;
  }
  std::string there = PrintColumns(live), wanted = PrintColumns(declared);
  if (there != wanted) out->Differ("columns", there, wanted);
}

void CompareTexts(std::string_view attribute, const std::string& live, const std::string& declared,
                  Comparison* out) {
  if (live != declared) out->Differ(std::string(attribute), QuoteText(live), QuoteText(declared));
}

std::string PrintRefresh(const std::optional<Refresh>& refresh) {
  if (!refresh) return "";
  std::string text = refresh->moment == Refresh::Moment::kDeferred ? "DEFERRED " : "";
  if (refresh->mode == Refresh::Mode::kManual) return text + "MANUAL";
  if (refresh->mode == Refresh::Mode::kIncremental) return text + "INCREMENTAL";
  if (refresh->mode == Refresh::Mode::kUnknown) return text + refresh->word;
  text.append("ASYNC");
  if (!refresh->start.empty()) AppendTo(&text, " START(", QuoteText(refresh->start), ")");
  if (!refresh->every.empty()) AppendTo(&text, " EVERY(", NormalExpression(refresh->every), ")");
  return text;
}

// Returns the indexes with the defaults of their types, whatever their order.
std::string PrintIndexes(const std::vector<Index>& indexes) {
  std::set<std::string> printed;
  for (Index index : indexes) {
    index.properties = NormalIndexProperties(index);
    for (std::string& column : index.columns) column = Folded(column);
    printed.insert(PrintIndex(index));
  }
  std::string text;
  for (const std::string& index : printed) AppendTo(&text, text.empty() ? "" : ", ", index);
  return text;
}

std::string PrintScheme(const std::optional<Partitioning>& partitioning) {
  if (!partitioning) return "";
  std::string text;
  for (const std::string& term : partitioning->terms) {
    AppendTo(&text, text.empty() ? "" : ", ", NormalExpression(term));
  }
  return text;
}

void CompareDistributions(const std::optional<Distribution>& live,
                          const std::optional<Distribution>& declared, Comparison* out) {
  if (!declared) return;
  Distribution there = live.value_or(Distribution{}), wanted = *declared;
  for (std::string& column : there.columns) column = Folded(column);
  for (std::string& column : wanted.columns) column = Folded(column);
  if (!wanted.buckets) there.buckets.reset();
  if (there != wanted)
    out->Differ("distribution", PrintDistribution(there), PrintDistribution(wanted));
}

// Returns true for properties inherited from its tables, and for automatic ones.
bool IsGiven(std::string_view key, std::string_view value) {
  return key == "replication_num" || key == "replicated_storage" ||
         (key == "storage_medium" && value == "HDD") ||
         (key == "mv_rewrite_staleness_second" && value == "0") ||
         (key == "compression" && value == "LZ4") || key == "bucket_size";
}

void CompareViewProperties(const ObjectName& name, const Properties& live,
                           const Properties& declared, const PropertyScope& scope,
                           Comparison* out) {
  std::set<std::string> keys;
  for (const auto& [key, value] : live) keys.insert(key);
  for (const auto& [key, value] : declared) keys.insert(key);
  for (const std::string& key : keys) {
    auto found = live.find(key), asked = declared.find(key);
    bool is_there = found != live.end(), is_wanted = asked != declared.end();
    std::string there = is_there ? NormalPropertyValue(name, key, found->second) : "";
    std::string wanted = is_wanted ? NormalPropertyValue(name, key, asked->second) : "";
    std::string attribute = Cat("property ", key);
    bool managed = scope.earlier && scope.earlier(key);
    auto known = DefaultViewProperty(key);
    if (key == "force_external_table_query_rewrite") {
      out->Leave(attribute, "the engine does not show it after a change");
    } else if (!is_wanted) {
      if (IsGiven(key, there)) continue;
      if (managed || (scope.complete && known)) {
        out->Differ(attribute, QuoteText(there), known ? QuoteText(*known) : "");
      } else {
        out->Leave(attribute, Cat("it is ", QuoteText(there), ", and not declared"));
      }
    } else if (!is_there ? !IsGiven(key, wanted) : there != wanted) {
      out->Differ(attribute, is_there ? QuoteText(there) : "", QuoteText(wanted));
    }
  }
}

}  // namespace

Comparison CompareViews(const ObjectName& name, const View& live, const View& declared,
                        query::ColumnSource* source) {
  Comparison out;
  CompareColumnLists(live.columns, declared.columns, &out);
  CompareTexts("comment", live.comment, declared.comment, &out);
  std::string there = live.security.empty() ? "NONE" : live.security;
  std::string wanted = declared.security.empty() ? "NONE" : declared.security;
  if (there != wanted) out.Differ("security", there, wanted);
  if (!SameQuery(live.query, declared.query, name.database, source)) {
    out.Differ("query", live.query, declared.query);
  }
  return out;
}

std::optional<std::string> DefaultViewProperty(std::string_view key) {
  if (key == "mv_rewrite_staleness_second") return "0";
  return std::nullopt;
}

Comparison CompareMaterializedViews(const ObjectName& name, const MaterializedView& live,
                                    const MaterializedView& declared, const Engine&,
                                    const PropertyScope& scope, query::ColumnSource* source) {
  Comparison out;
  CompareColumnLists(live.columns, declared.columns, &out);
  CompareTexts("comment", live.comment, declared.comment, &out);
  std::string there = PrintScheme(live.partitioning), wanted = PrintScheme(declared.partitioning);
  if (there != wanted) out.Differ("partition scheme", there, wanted);
  CompareDistributions(live.distribution, declared.distribution, &out);
  if (live.order_by != declared.order_by) {
    out.Differ("sort key", PrintDistribution({false, live.order_by, {}}),
               PrintDistribution({false, declared.order_by, {}}));
  }
  there = PrintIndexes(live.indexes);
  wanted = PrintIndexes(declared.indexes);
  if (there != wanted) out.Differ("indexes", there, wanted);
  there = PrintRefresh(live.refresh);
  wanted = PrintRefresh(declared.refresh);
  if (there != wanted) out.Differ("refresh", there, wanted);
  CompareViewProperties(name, live.properties, declared.properties, scope, &out);
  if (!SameQuery(live.query, declared.query, name.database, source)) {
    out.Differ("query", live.query, declared.query);
  }
  return out;
}

}  // namespace stateserver::schema
