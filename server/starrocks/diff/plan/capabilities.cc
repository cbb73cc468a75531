// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/capabilities.h"

#include "common/text.h"

namespace stateserver::schema {
namespace {

struct FeatureVersion {
  Feature feature;
  std::string_view words;
  EngineVersion since;
  // A version of another line that has the feature although earlier versions of that line do not:
  // 4.0.1, where 3.5.8 has it and 4.0.0 does not. 0.0.0 means none.
  EngineVersion again = {0, 0, 0};
};

// [doc]: the engine's documentation and release notes; [grammar]: the grammar files of its
// releases; [run]: tested on a 4.0 front end. docs/starrocks.md has the same table.
constexpr FeatureVersion kFeatures[] = {
    {Feature::kRenameColumn, "RENAME COLUMN", {3, 3, 2}},               // [doc] [run]
    {Feature::kAlterTableComment, "ALTER TABLE … COMMENT", {3, 1, 0}},  // [grammar]
    {Feature::kColumnCommentClause, "MODIFY COLUMN … COMMENT", {3, 5, 8}, {4, 0, 1}},  // [grammar]
    {Feature::kRedistribute, "ALTER TABLE … DISTRIBUTED BY", {3, 2, 0}},               // [doc]
    {Feature::kDefaultBuckets, "DEFAULT BUCKETS", {3, 5, 8}, {4, 0, 1}},          // [grammar] [run]
    {Feature::kStructFields, "ADD FIELD and DROP FIELD", {3, 2, 10}, {3, 3, 2}},  // [doc]
    {Feature::kFastSchemaEvolution, "fast schema evolution", {3, 2, 0}},          // [doc]
    {Feature::kGeneratedColumns, "generated columns", {3, 1, 0}},                 // [doc]
    {Feature::kRandomDistribution, "DISTRIBUTED BY RANDOM", {3, 1, 0}},           // [doc]
    {Feature::kListPartitions, "PARTITION BY LIST", {3, 1, 0}},                   // [doc]
    {Feature::kExpressionPartitions, "PARTITION BY an expression", {3, 0, 0}},    // [doc]
    {Feature::kMixedExpressionPartitions,
     "PARTITION BY several expressions",
     {3, 4, 0}},  // [grammar]
    {Feature::kSortKeyClause, "ORDER BY in CREATE TABLE of this key model", {3, 0, 0}},  // [doc]
    {Feature::kGinIndexes, "inverted indexes", {3, 3, 0}},                               // [doc]
    {Feature::kNgramIndexes, "n-gram bloom filters", {3, 3, 0}},                         // [doc]
    {Feature::kViewSecurity, "SECURITY of views", {3, 4, 0}},                   // [grammar]
    {Feature::kMaterializedViewSwap, "SWAP of materialized views", {3, 1, 0}},  // [grammar]
    {Feature::kTableSwap, "SWAP of tables", {2, 5, 0}},                         // [doc]
};

const FeatureVersion& Find(Feature feature) {
  for (const FeatureVersion& entry : kFeatures) {
    if (entry.feature == feature) return entry;
  }
  return kFeatures[0];
}

}  // namespace

std::string PrintVersion(const EngineVersion& version) {
  return Cat(version.major, ".", version.minor, ".", version.patch);
}

std::optional<std::string> Missing(Feature feature, const EngineVersion& version) {
  const FeatureVersion& entry = Find(feature);
  bool in_later_line = version.major == entry.again.major && version.minor == entry.again.minor;
  const EngineVersion& since = in_later_line ? entry.again : entry.since;
  if (version >= since) return std::nullopt;
  return Cat("StarRocks ", PrintVersion(version), " has no ", entry.words, "; ",
             PrintVersion(since), " and later have");
}

}  // namespace stateserver::schema
