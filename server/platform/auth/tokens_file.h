// SPDX-License-Identifier: Apache-2.0
//
// tokens.yaml: who may call with a token of ours. The file holds no token, only
// salted hashes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/config/role.h"

namespace stateserver::auth {

struct TokenEntry {
  std::string id;
  std::string principal;
  config::Roles roles;
  std::string salt;
  std::string hash;
  absl::Time created;
  // Not accepted from then on.
  absl::Time expires = absl::InfiniteFuture();
};

// ARGUMENT_INVALID: one line for each problem, with its place.
absl::StatusOr<std::vector<TokenEntry>> ParseTokens(const std::string& text,
                                                    const std::string& path);
// As ParseTokens; ARGUMENT_INVALID also for a file that cannot be read.
absl::StatusOr<std::vector<TokenEntry>> ReadTokensFile(const std::string& path);

std::string FormatTokens(const std::vector<TokenEntry>& entries);
// Writes beside the file and renames: it is never half written. A new one is
// readable by its owner alone; one that is there keeps its mode and owner.
absl::Status WriteTokensFile(const std::string& path, const std::vector<TokenEntry>& entries);

// "2026-11-26T10:00:00Z".
std::string TimeText(absl::Time time);

}  // namespace stateserver::auth
