// SPDX-License-Identifier: Apache-2.0
//
// The parts of a node's two hashes. Each function adds its values to a sink.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/hash_sink.h"
#include "server/sqlmesh/fingerprint/python_env.h"
#include "server/sqlmesh/time/cron.h"

namespace stateserver::fingerprint {

// NodeView holds the members of a node that several parts need.
struct NodeView {
  Fields node;
  Fields kind;
  std::string_view source_type;
  std::string_view fqn;        // the snapshot's name
  std::string_view dialect;    // the node's
  std::string_view kind_name;  // FULL; empty for an audit
  std::string_view kind_dialect;
  Unsupported* unsupported;
};

// Add kind.data_hash_values and kind.metadata_hash_values.
void AddKindData(const NodeView& view, HashSink* sink);
void AddKindMetadata(const NodeView& view, HashSink* sink);

// Adds the columns' names and types.
void AddColumns(const NodeView& view, HashSink* sink);
// Returns the normalised names of the columns.
std::vector<std::string> ColumnNames(const NodeView& view);

// Adds partitioned_by with the time column, then clustered_by.
void AddPartitions(const NodeView& view, HashSink* sink);

// Adds the values of a list of properties: name, gen(value).
void AddProperties(const NodeView& view, std::string_view field, HashSink* sink);

// Add audits and signals with their arguments.
void AddAudits(const NodeView& view, HashSink* sink);
void AddSignals(const NodeView& view, HashSink* sink);

// Returns the JSON of grants, or "" if there are none.
std::string GrantsJson(const NodeView& view);

// Returns the descriptions of the columns as JSON, either given or from the query's comments.
std::string ColumnDescriptionsJson(const NodeView& view);

// Return the hashes of the whole node.
std::string DataHash(const NodeView& view, const PythonEnvTexts& env, state::CronUnits* crons);
std::string MetadataHash(const NodeView& view, const PythonEnvTexts& env);
std::string AuditMetadataHash(const NodeView& view, const PythonEnvTexts& env);

// Adds the number's decimal text, or an empty text if there is no number.
void AddOptional(std::optional<int64_t> number, HashSink* sink);

// Adds gen() of one text.
void AddGen(std::string_view text, const GenOptions& options, HashSink* sink,
            Unsupported* unsupported);

}  // namespace stateserver::fingerprint
