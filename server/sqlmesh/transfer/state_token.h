// SPDX-License-Identifier: Apache-2.0
//
// The state token: a SHA-256 over the whole state as an export shows it.
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

// StateDigest is fed with every record of the state in the order of a state file. It does not
// depend on row ids, creation times, the split of intervals into rows or the spelling of stored
// JSON.
class StateDigest {
 public:
  explicit StateDigest(const store::Versions& versions);
  void Add(Section section, std::string_view json);
  // Adds the columns of an environment that its record does not show. Its record follows with
  // AddPiece.
  void BeginEnvironment(const store::EnvironmentRow& row);
  void AddPiece(std::string_view json) { digest_.Update(json); }
  std::string Token() { return digest_.FinishHex(); }

 private:
  Sha256 digest_;
};

// Reads the whole state and returns its token. Call it in a transaction with a stable view of the
// state: REPEATABLE READ, or with the state lock held.
absl::StatusOr<std::string> ComputeStateToken(postgres::Session& session, std::string_view schema,
                                              const store::Versions& versions);

// Returns STATE_CHANGED, naming both tokens, unless the state's token is `expected`. An empty
// `expected` stands for any state, which is then not read.
absl::Status CheckStateToken(postgres::Session& session, std::string_view schema,
                             const store::Versions& versions, std::string_view expected);

}  // namespace stateserver::transfer
