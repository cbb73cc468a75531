// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/maintenance/opening.h"

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::maintenance {

absl::StatusOr<store::Versions> CurrentVersions(postgres::Session& session,
                                                std::string_view database,
                                                std::string_view schema) {
  ASSIGN_OR_RETURN(auto versions, store::ReadVersions(session, schema));
  if (!versions.has_value()) return store::NotMigrated(database, schema);
  absl::Status current = store::CheckCurrent(*versions);
  if (ReasonOf(current) == Reason::STATE_BEHIND && !current.ok()) {
    return Error(
        Reason::STATE_BEHIND, MessageOf(current),
        Cat("The state has schema version ", versions->schema_version, ", this command works with ",
            store::NewestVersions().schema_version, ": run `stateclient migrate` first."),
        FactsOf(current));
  }
  RETURN_IF_ERROR(current);
  return *std::move(versions);
}

}  // namespace stateserver::maintenance
