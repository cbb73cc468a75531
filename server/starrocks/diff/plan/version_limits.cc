// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/version_limits.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/text.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/plan/capabilities.h"

namespace stateserver::schema {
namespace {

std::optional<Feature> FeatureOf(const Index& index) {
  if (index.type == "GIN") return Feature::kGinIndexes;
  if (index.type == "NGRAMBF") return Feature::kNgramIndexes;
  return std::nullopt;
}

// Returns the feature that the clause needs; several columns without a call are a list.
Feature FeatureOf(const Partitioning& partitioning) {
  if (partitioning.kind == Partitioning::Kind::kList) return Feature::kListPartitions;
  bool call = std::any_of(partitioning.terms.begin(), partitioning.terms.end(),
                          [](const std::string& term) { return term.find('(') != term.npos; });
  if (!call) return Feature::kListPartitions;
  return partitioning.terms.size() > 1 ? Feature::kMixedExpressionPartitions
                                       : Feature::kExpressionPartitions;
}

class Limits {
 public:
  Limits(const ObjectName& name, const EngineVersion& version) : name_(name), version_(version) {}

  bool Check(Feature feature, std::string attribute, std::string declared) {
    std::optional<std::string> missing = Missing(feature, version_);
    if (!missing) return true;
    out_.push_back({name_, std::move(attribute), "", std::move(declared), *missing,
                    "Declare it without, or upgrade StarRocks.", false});
    return false;
  }

  bool Check(const Index& index) {
    std::optional<Feature> feature = FeatureOf(index);
    return !feature || Check(*feature, Cat("index ", index.name), PrintIndex(index));
  }

  void Check(const Table& table) {
    for (const Column& column : table.columns) {
      if (!column.generated) continue;
      Check(Feature::kGeneratedColumns, Cat("column ", column.name), PrintColumn(column));
    }
    for (const Index& index : table.indexes) Check(index);
    Check(table.partitioning);
    bool primary = table.key && table.key->model == KeyModel::kPrimary;
    bool random = table.distribution ? table.distribution->random : !primary;
    if (random) Check(Feature::kRandomDistribution, "distribution", "RANDOM");
    if (!table.order_by.empty() && !primary) {
      Check(Feature::kSortKeyClause, "sort key", Cat("ORDER BY(", PrintNames(table.order_by), ")"));
    }
  }

  void Check(const View& view) {
    if (!view.security.empty() && view.security != "NONE") {
      Check(Feature::kViewSecurity, "security", view.security);
    }
  }

  void Check(const MaterializedView& view) {
    for (const Index& index : view.indexes) Check(index);
  }

  std::vector<Refusal> Take() { return std::move(out_); }

 private:
  void Check(const std::optional<Partitioning>& partitioning) {
    if (!partitioning || partitioning->kind == Partitioning::Kind::kRange) return;
    Partitioning scheme = *partitioning;
    scheme.partitions.clear();
    Check(FeatureOf(scheme), "partition scheme", PrintPartitioning(scheme));
  }

  const ObjectName& name_;
  const EngineVersion& version_;
  std::vector<Refusal> out_;
};

}  // namespace

std::vector<Refusal> CreateLimits(const Object& object, const EngineVersion& version) {
  Limits limits(object.name, version);
  std::visit([&](const auto& definition) { limits.Check(definition); }, object.definition);
  return limits.Take();
}

std::vector<Refusal> RemoveMissingIndexes(const ObjectName& name, const EngineVersion& version,
                                          std::vector<Index>* indexes) {
  Limits limits(name, version);
  std::erase_if(*indexes, [&](const Index& index) { return !limits.Check(index); });
  return limits.Take();
}

}  // namespace stateserver::schema
