// SPDX-License-Identifier: Apache-2.0
//
// Bearer tokens of our own: "sst_ID_SECRET", where ID finds the entry in the tokens
// file and SECRET is 256 random bits. A salted SHA-256 is enough for a secret that
// nobody can guess; a slow hash would let anybody keep the server busy.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/auth/identity.h"
#include "server/platform/config/role.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"

namespace stateserver::auth {

struct TokenParts {
  std::string id;      // 12 lower-case hex digits
  std::string secret;  // 64 lower-case hex digits
};

// A new one, random.
TokenParts NewToken();
// 32 random hex digits.
std::string NewSalt();

std::string TokenText(const TokenParts& parts);
// nullopt for a text of another form.
std::optional<TokenParts> ParseToken(std::string_view text);

// 64 hex digits.
std::string HashSecret(std::string_view salt, std::string_view secret);
// Takes as long whatever the texts are; false where their lengths differ.
bool SameText(std::string_view a, std::string_view b);

// One file or URL that is looked at again and again. Says an error once. Not
// thread-safe.
class Reloads {
 public:
  // `source` is "tokens" or "jwks"; `from` the path or URL.
  Reloads(std::string_view source, std::string from, telemetry::Metrics& metrics,
          telemetry::Logger& logger)
      : source_(source), from_(std::move(from)), metrics_(metrics), logger_(logger) {}

  void Took();
  void Refused(const absl::Status& status);
  // It is again as it was when it was taken.
  void Unchanged() { refused_.clear(); }

 private:
  const std::string source_;
  const std::string from_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  std::string refused_;
};

// tokens.yaml: who may call with a token of ours. The file holds no token, only
// salted hashes.

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

// Looks every second whether the file changed; one that is broken leaves those
// tokens in use that were read before. Thread-safe.
class TokenStore {
 public:
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const std::string& path,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;

  // UNAUTHENTICATED says why, for the log: of another form, unknown, wrong,
  // expired. What it says never holds the token.
  absl::StatusOr<IdentityPtr> Find(std::string_view token, absl::Time now) const;

 private:
  TokenStore(std::string path, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : path_(path), reloads_("tokens", std::move(path), metrics, logger) {}
  absl::Status Load();
  void Poll();

  const std::string path_;
  Reloads reloads_;
  std::string text_;  // of the file, as it was taken

  mutable std::mutex mutex_;
  std::map<std::string, TokenEntry, std::less<>> entries_;

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

// ARGUMENT_INVALID for one that cannot be read or is larger than 4 MiB.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace stateserver::auth
