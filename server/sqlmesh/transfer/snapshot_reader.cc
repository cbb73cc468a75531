// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/snapshot_reader.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::transfer {
namespace {

absl::Status NotFound(std::string_view name, std::string_view identifier) {
  return Error(Reason::SNAPSHOT_NOT_FOUND,
               identifier.empty() ? Cat("no snapshot is named ", name)
                                  : Cat("no snapshot ", name, " has the identifier ", identifier),
               "`stateclient snapshots --name GLOB` lists those there are.",
               {{"record", std::string(name)}, {"identifier", std::string(identifier)}});
}

}  // namespace

absl::StatusOr<OneSnapshot> ReadSnapshot(postgres::Session& session, std::string_view schema,
                                         const store::Versions& versions, std::string_view name,
                                         std::string_view identifier) {
  store::Layout layout(versions.schema_version);
  ASSIGN_OR_RETURN(auto named, store::SnapshotsNamed(session, schema, layout, name));
  OneSnapshot one;
  bool found = false;
  for (store::SnapshotSummary& summary : named) {
    bool this_one = !found && (identifier.empty() || summary.identifier == identifier);
    if (this_one) {
      one.summary = std::move(summary);
      found = true;
    } else {
      one.others.push_back(std::move(summary.identifier));
    }
  }
  if (!found) return NotFound(name, identifier);
  StateScan scan(session, std::string(schema), versions);
  RETURN_IF_ERROR(
      scan.Snapshot(one.summary.name, one.summary.identifier, [&](const ScannedSnapshot& snapshot) {
        one.json = snapshot.json;
        return snapshot.status;
      }));
  ASSIGN_OR_RETURN(auto environments, store::ReadEnvironments(session, schema, layout, {}));
  for (const store::EnvironmentRow& row : environments) {
    bool uses = false;
    RETURN_IF_ERROR(scan.References(row, [&](const store::TableInfo& info) {
      uses |= info.name == one.summary.name && info.identifier == one.summary.identifier;
    }));
    if (uses) one.environments.push_back(row.name);
  }
  return one;
}

}  // namespace stateserver::transfer
