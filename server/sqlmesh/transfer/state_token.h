// SPDX-License-Identifier: Apache-2.0
//
// The state token: SHA-256 over the whole state as an export shows it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/sha256.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/store/environments.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

// Fed with every record of the state in the order of a state file. Row ids,
// creation times, the split of intervals into rows and the spelling of stored
// JSON leave no trace in it.
class StateDigest {
 public:
  explicit StateDigest(const store::Versions& versions);
  void Add(Section section, std::string_view json);
  // The columns of an environment that its record does not show, then its record.
  void BeginEnvironment(const store::EnvironmentRow& row);
  void AddPiece(std::string_view json) { digest_.Update(json); }
  std::string Token() { return digest_.FinishHex(); }

 private:
  Sha256 digest_;
};

// Reads the whole state. Call it in a transaction whose view of the state does
// not change meanwhile: REPEATABLE READ, or with the state lock held.
absl::StatusOr<std::string> ComputeStateToken(postgres::Session& session, std::string_view schema,
                                              const store::Versions& versions);

// Refuses with STATE_CHANGED, naming both tokens, unless the state has `expected`.
absl::Status CheckStateToken(postgres::Session& session, std::string_view schema,
                             const store::Versions& versions, std::string_view expected);

}  // namespace stateserver::transfer
