// SPDX-License-Identifier: Apache-2.0
//
// Features by engine version.
#pragma once

#include <optional>
#include <string>

#include "server/starrocks/ddl/engine.h"

namespace stateserver::schema {

enum class Feature {
  kRenameColumn,
  kAlterTableComment,
  kColumnCommentClause,
  kRedistribute,
  kDefaultBuckets,
  kStructFields,
  kFastSchemaEvolution,
  kGeneratedColumns,
  kRandomDistribution,
  kListPartitions,
  kExpressionPartitions,
  kMixedExpressionPartitions,
  kSortKeyClause,
  kGinIndexes,
  kNgramIndexes,
  kViewSecurity,
  kMaterializedViewSwap,
  kTableSwap,
};

// Returns nullopt if the version has the feature, otherwise one sentence: "StarRocks 2.5.3 has no
// RENAME COLUMN; 3.3.2 and later have". Supports versions from 2.5.
std::optional<std::string> Missing(Feature feature, const EngineVersion& version);
inline bool Has(Feature feature, const EngineVersion& version) {
  return !Missing(feature, version).has_value();
}

// Returns "4.0.4".
std::string PrintVersion(const EngineVersion& version);

}  // namespace stateserver::schema
