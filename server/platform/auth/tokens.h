// SPDX-License-Identifier: Apache-2.0
//
// Bearer tokens that this server issues: "sst_ID_SECRET", where ID finds the entry in the tokens
// file and SECRET is 256 random bits. A salted SHA-256 is sufficient because the secret cannot be
// guessed; a slow hash would let any caller keep the server busy.
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

// Returns a new random token.
TokenParts NewToken();
// Returns 32 random hex digits.
std::string NewSalt();

std::string TokenText(const TokenParts& parts);
// Parses a token. Returns nullopt if `text` has a different form.
std::optional<TokenParts> ParseToken(std::string_view text);

// Returns the salted hash of `secret` as 64 hex digits.
std::string HashSecret(std::string_view salt, std::string_view secret);
// Compares two texts in constant time. Returns false if their lengths differ.
bool SameText(std::string_view a, std::string_view b);

// Reloads reports the outcome of repeated reads of one file or URL. Logs each error once. Not
// thread-safe.
class Reloads {
 public:
  // `source` is "tokens" or "jwks"; `from` is the path or URL.
  Reloads(std::string_view source, std::string from, telemetry::Metrics& metrics,
          telemetry::Logger& logger)
      : source_(source), from_(std::move(from)), metrics_(metrics), logger_(logger) {}

  void Took();
  void Refused(const absl::Status& status);
  // Records that the source is the same again as when it was last accepted.
  void Unchanged() { refused_.clear(); }

 private:
  const std::string source_;
  const std::string from_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  std::string refused_;
};

// The form that a token's principal must have, for messages.
inline constexpr char kPrincipalForm[] =
    "expected a name of 1 to 256 bytes, without control characters and without spaces at its ends";

struct TokenEntry {
  std::string id;
  std::string principal;
  config::Roles roles;
  std::string salt;
  std::string hash;
  absl::Time created;
  // Time from which the token is no longer accepted.
  absl::Time expires = absl::InfiniteFuture();
};

// Parses tokens.yaml, which lists the tokens that may call. The file holds salted hashes, not
// tokens. Returns ARGUMENT_INVALID with one line for each problem and its position.
absl::StatusOr<std::vector<TokenEntry>> ParseTokens(const std::string& text,
                                                    const std::string& path);
// Reads and parses the file. Returns the errors of ParseTokens, and ARGUMENT_INVALID if the file
// cannot be read.
absl::StatusOr<std::vector<TokenEntry>> ReadTokensFile(const std::string& path);

std::string FormatTokens(const std::vector<TokenEntry>& entries);
// Replaces the file as ReplaceRegularFile() does: a link stays and its target is replaced, a new
// file is readable by its owner only, and an existing file keeps its mode and owner.
absl::Status WriteTokensFile(const std::string& path, const std::vector<TokenEntry>& entries);

// Formats `time` as "2026-11-26T10:00:00Z".
std::string TimeText(absl::Time time);

// TokenStore holds the tokens of one file. It checks every second whether the file has changed; if
// the new contents are invalid, the previous tokens stay in use. Thread-safe.
class TokenStore {
 public:
  static absl::StatusOr<std::unique_ptr<TokenStore>> Open(const std::string& path,
                                                          telemetry::Metrics& metrics,
                                                          telemetry::Logger& logger);
  TokenStore(const TokenStore&) = delete;
  TokenStore& operator=(const TokenStore&) = delete;

  // Returns the identity for `token`. Returns UNAUTHENTICATED with a reason for the log: malformed,
  // unknown, wrong or expired. The message never contains the token.
  absl::StatusOr<IdentityPtr> Find(std::string_view token, absl::Time now) const;

 private:
  TokenStore(std::string path, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : path_(path), reloads_("tokens", std::move(path), metrics, logger) {}
  absl::Status Load();
  void Poll();

  const std::string path_;
  Reloads reloads_;
  std::string text_;  // contents of the file when last accepted

  mutable std::mutex mutex_;
  std::map<std::string, TokenEntry, std::less<>> entries_;

  std::unique_ptr<telemetry::PeriodicTask> task_;  // last member: its thread uses the others
};

// Reads a regular file of at most 4 MiB. Returns ARGUMENT_INVALID with the path and the reason.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

}  // namespace stateserver::auth
