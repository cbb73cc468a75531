// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/transfer/state_token.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/transfer/state_scan.h"

namespace stateserver::transfer {

StateDigest::StateDigest(const store::Versions& versions) {
  digest_.Update(
      Cat(versions.schema_version, '\n', versions.sqlglot_version, '\n', versions.sqlmesh_version));
}

void StateDigest::Add(Section section, std::string_view json) {
  digest_.Update(section == Section::kSnapshots ? "\nS" : "\nE");
  digest_.Update(json);
}

void StateDigest::BeginEnvironment(const store::EnvironmentRow& row) {
  // An import gives the statements the environment's own plan.
  if (row.statements.has_value() && row.statements_plan_id != row.plan_id) {
    digest_.Update("\nP");
    digest_.Update(row.statements_plan_id.value_or(""));
  }
  digest_.Update("\nE");
}

absl::StatusOr<std::string> ComputeStateToken(postgres::Session& session, std::string_view schema,
                                              const store::Versions& versions) {
  StateDigest digest(versions);
  StateScan scan(session, std::string(schema), versions);
  ASSIGN_OR_RETURN(
      std::vector<store::EnvironmentRow> environments,
      store::ReadEnvironments(session, schema, store::Layout(versions.schema_version), {}));
  RETURN_IF_ERROR(scan.Snapshots([&](const ScannedSnapshot& snapshot) {
    digest.Add(Section::kSnapshots, snapshot.json);
    return absl::OkStatus();
  }));
  for (const store::EnvironmentRow& row : environments) {
    digest.BeginEnvironment(row);
    RETURN_IF_ERROR(scan.Environment(
        row,
        [&](std::string_view piece) {
          digest.AddPiece(piece);
          return absl::OkStatus();
        },
        [](const store::TableInfo&) {}));
  }
  return digest.Token();
}

absl::Status CheckStateToken(postgres::Session& session, std::string_view schema,
                             const store::Versions& versions, std::string_view expected) {
  if (expected.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string actual, ComputeStateToken(session, schema, versions));
  if (actual == expected) return absl::OkStatus();
  return Error(Reason::STATE_CHANGED,
               Cat("The state has changed: its token is ", actual, ", expected ", expected),
               "Export the state again, check what changed, and repeat with the new token.",
               {{"state_token", actual}, {"expected_token", std::string(expected)}});
}

}  // namespace stateserver::transfer
