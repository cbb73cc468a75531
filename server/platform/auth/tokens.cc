// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/tokens.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <exception>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/error.h"
#include "common/principal_name.h"
#include "common/regular_file.h"
#include "common/sha256.h"
#include "common/text.h"
#include "server/platform/auth/refusal.h"
#include "server/platform/config/yaml/auth_section.h"
#include "server/platform/config/yaml/document.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::auth {

namespace {

constexpr std::string_view kPrefix = "sst_";
constexpr size_t kIdDigits = 12;
constexpr size_t kSecretDigits = 64;
constexpr size_t kSaltDigits = 32;

std::string RandomHex(size_t digits) {
  std::string bytes(digits / 2, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1) {
    throw std::runtime_error("the system does not provide random numbers");
  }
  return ToHex(bytes);
}

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

constexpr absl::Duration kInterval = absl::Seconds(1);

constexpr size_t kMaxFileBytes = 4 << 20;

constexpr char kHeader[] =
    "# Written by `stateserver token`. Holds no token, only salted hashes.\n";

absl::Status FileError(const std::string& path, std::string_view what) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, ": ", what),
               "`stateserver token create` creates the file; name it in auth.tokens_file.",
               {{"file", path}});
}

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void ReadHex(config::Section* section, const std::string& key, size_t digits, std::string* out) {
  section->ReadRequired(key, out);
  // The invalid value may be a token pasted by mistake, so it is not repeated.
  if (!out->empty() && !IsHex(*out, digits)) {
    section->Complain(key, Cat("expected ", digits, " lower-case hex digits"));
  }
}

void ReadTime(config::Section* section, const std::string& key, absl::Time* out) {
  std::string text;
  section->Read(key, &text);
  if (text.empty()) return;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, out, &error)) {
    section->WrongValue(key, "a time such as 2026-11-26T10:00:00Z");
  }
}

TokenEntry ReadEntry(config::Section section) {
  TokenEntry entry;
  ReadHex(&section, "id", 12, &entry.id);
  section.ReadRequired("principal", &entry.principal);
  if (!entry.principal.empty() && !IsPrincipalName(entry.principal)) {
    section.Complain("principal", kPrincipalForm);
  }
  config::ReadRoles(&section, "roles", /*gateways=*/nullptr, &entry.roles);
  ReadHex(&section, "salt", 32, &entry.salt);
  ReadHex(&section, "hash", 64, &entry.hash);
  ReadTime(&section, "created", &entry.created);
  ReadTime(&section, "expires", &entry.expires);
  section.Finish();
  return entry;
}

std::string Quote(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

}  // namespace

TokenParts NewToken() { return {RandomHex(kIdDigits), RandomHex(kSecretDigits)}; }

std::string NewSalt() { return RandomHex(kSaltDigits); }

std::string TokenText(const TokenParts& parts) { return Cat(kPrefix, parts.id, "_", parts.secret); }

std::optional<TokenParts> ParseToken(std::string_view text) {
  constexpr size_t kLength = 4 + kIdDigits + 1 + kSecretDigits;
  if (text.size() != kLength || text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  std::string_view id = text.substr(kPrefix.size(), kIdDigits);
  std::string_view secret = text.substr(kLength - kSecretDigits);
  if (text[kPrefix.size() + kIdDigits] != '_' || !IsLowerHex(id) || !IsLowerHex(secret)) {
    return std::nullopt;
  }
  return TokenParts{std::string(id), std::string(secret)};
}

std::string HashSecret(std::string_view salt, std::string_view secret) {
  return Sha256::Hex(Cat(salt, ":", secret));
}

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(const std::string& path,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger) {
  auto store = std::unique_ptr<TokenStore>(new TokenStore(path, metrics, logger));
  RETURN_IF_ERROR(store->Load());
  store->task_ = std::make_unique<telemetry::PeriodicTask>([store = store.get()] {
    store->Poll();
    return kInterval;
  });
  return store;
}

absl::Status TokenStore::Load() {
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path_));
  ASSIGN_OR_RETURN(std::vector<TokenEntry> read, ParseTokens(text, path_));
  std::map<std::string, TokenEntry, std::less<>> entries;
  for (TokenEntry& entry : read) {
    std::string id = entry.id;
    entries.emplace(std::move(id), std::move(entry));
  }
  text_ = std::move(text);
  std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
  return absl::OkStatus();
}

void TokenStore::Poll() {
  auto text = ReadTextFile(path_);
  if (text.ok() && *text == text_) return reloads_.Unchanged();
  absl::Status status = text.ok() ? Load() : text.status();
  if (status.ok()) {
    reloads_.Took();
  } else {
    reloads_.Refused(status);
  }
}

absl::StatusOr<IdentityPtr> TokenStore::Find(std::string_view token, absl::Time now) const {
  auto parts = ParseToken(token);
  if (!parts) return Refuse("the token has an unknown form");
  std::lock_guard lock(mutex_);
  auto found = entries_.find(parts->id);
  if (found == entries_.end()) return Refuse(Cat("no token has the id ", parts->id));
  const TokenEntry& entry = found->second;
  if (!SameText(HashSecret(entry.salt, parts->secret), entry.hash)) {
    return Refuse(Cat("the secret of token ", parts->id, " is wrong"));
  }
  if (now >= entry.expires) return Refuse(Cat("token ", parts->id, " has expired"));
  auto identity = std::make_shared<Identity>();
  identity->name = Cat("token:", entry.principal);
  identity->method = Method::kToken;
  identity->roles = entry.roles;
  return identity;
}

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  absl::StatusOr<std::string> text = ReadRegularFile(path, kMaxFileBytes);
  if (text.ok()) return text;
  return Error(Reason::ARGUMENT_INVALID, Cat(path, ": cannot be read: ", MessageOf(text.status())),
               "", {{"file", path}});
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<std::vector<TokenEntry>> ParseTokens(const std::string& text,
                                                    const std::string& path) {
  config::Problems problems(path);
  try {
    auto document = config::ParseDocument(text, &problems);
    if (!document) return problems.ToStatus();
    std::vector<std::string> unused;
    // Variables in this file are not expanded.
    config::Reading reading{[](const std::string&) { return std::nullopt; }, &problems, &unused};
    config::Section top(reading, *document, "", 1);
    top.Require("tokens");
    top.NullIsAbsent("tokens");
    std::vector<TokenEntry> entries;
    std::set<std::string> ids;
    for (config::Section& section : top.ReadSections("tokens")) {
      int line = section.line();
      std::string at = section.path();
      entries.push_back(ReadEntry(std::move(section)));
      if (!ids.insert(entries.back().id).second) problems.Add(line, at + ".id", "given twice");
    }
    top.Finish();
    RETURN_IF_ERROR(problems.ToStatus());
    return entries;
  } catch (const std::exception& error) {
    return FileError(path, Cat("cannot be read: ", std::string_view(error.what())));
  }
}

absl::StatusOr<std::vector<TokenEntry>> ReadTokensFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  return ParseTokens(text, path);
}

std::string FormatTokens(const std::vector<TokenEntry>& entries) {
  std::string out = kHeader;
  out += entries.empty() ? "tokens: []\n" : "tokens:\n";
  for (const TokenEntry& entry : entries) {
    AppendTo(&out, "  - id: '", entry.id, "'\n    principal: ", Quote(entry.principal),
             "\n    roles: {");
    std::string separator;
    for (const auto& [gateway, role] : entry.roles) {
      AppendTo(&out, separator, Quote(gateway), ": ", config::RoleName(role));
      separator = ", ";
    }
    AppendTo(&out, "}\n    salt: '", entry.salt, "'\n    hash: '", entry.hash, "'\n    created: '",
             TimeText(entry.created), "'\n");
    if (entry.expires != absl::InfiniteFuture()) {
      AppendTo(&out, "    expires: '", TimeText(entry.expires), "'\n");
    }
  }
  return out;
}

absl::Status WriteTokensFile(const std::string& path, const std::vector<TokenEntry>& entries) {
  return ReplaceRegularFile(path, FormatTokens(entries));
}

void Reloads::Took() {
  refused_.clear();
  metrics_.AuthReloaded(source_, true);
  logger_.Log(telemetry::LogLevel::kInfo, "Reloaded the credentials of callers",
              {{"source", source_}, {"from", from_}});
}

void Reloads::Refused(const absl::Status& status) {
  std::string why(MessageOf(status));
  if (why == refused_) return;
  refused_ = why;
  metrics_.AuthReloaded(source_, false);
  logger_.Log(telemetry::LogLevel::kError,
              "The changed credentials of callers are not usable; the previous ones stay in use",
              {{"source", source_}, {"from", from_}, {"error", why}});
}

}  // namespace stateserver::auth
