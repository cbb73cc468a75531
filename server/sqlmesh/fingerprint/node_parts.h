// SPDX-License-Identifier: Apache-2.0
//
// The parts of a node's two hashes, each adding its values to a sink.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/sqlmesh/fingerprint/fields.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/hash_sink.h"
#include "server/sqlmesh/fingerprint/python_env.h"
#include "server/sqlmesh/time/cron.h"

namespace stateserver::fingerprint {

// A node read as far as several parts need it.
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

// kind.data_hash_values and kind.metadata_hash_values.
void AddKindData(const NodeView& view, HashSink* sink);
void AddKindMetadata(const NodeView& view, HashSink* sink);

// The columns' names and types.
void AddColumns(const NodeView& view, HashSink* sink);
// Adds one type as `dialect` writes it.
void AddType(std::string_view dialect, std::string_view type, HashSink* sink,
             Unsupported* unsupported);
// Names of the columns, normalised.
std::vector<std::string> ColumnNames(const NodeView& view);

// partitioned_by with the time column, then clustered_by.
void AddPartitions(const NodeView& view, HashSink* sink);

// The values of a list of properties: name, gen(value).
void AddProperties(const NodeView& view, std::string_view field, HashSink* sink);

// audits and signals with their arguments.
void AddAudits(const NodeView& view, HashSink* sink);
void AddSignals(const NodeView& view, HashSink* sink);

// The JSON of grants; an empty text when there are none.
std::string GrantsJson(const NodeView& view);

// The descriptions of the columns, given or from the query's comments, as JSON.
std::string ColumnDescriptionsJson(const NodeView& view);

// The hashes of the whole node.
std::string DataHash(const NodeView& view, const PythonEnvTexts& env, state::CronUnits* crons);
std::string MetadataHash(const NodeView& view, const PythonEnvTexts& env);
std::string AuditMetadataHash(const NodeView& view, const PythonEnvTexts& env);

// Adds the number's decimal text, or nothing's empty one.
void AddOptional(std::optional<int64_t> number, HashSink* sink);

// gen() of one text into the sink.
void AddGen(std::string_view text, const GenOptions& options, HashSink* sink,
            Unsupported* unsupported);

}  // namespace stateserver::fingerprint
