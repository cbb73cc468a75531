// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/token_store.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/auth/refusal.h"
#include "server/platform/auth/text_file.h"
#include "server/platform/auth/token.h"

namespace stateserver::auth {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(1);

}  // namespace

absl::StatusOr<std::unique_ptr<TokenStore>> TokenStore::Open(const std::string& path,
                                                             telemetry::Metrics& metrics,
                                                             telemetry::Logger& logger) {
  auto store = std::unique_ptr<TokenStore>(new TokenStore(path, metrics, logger));
  RETURN_IF_ERROR(store->Load());
  store->task_ = std::make_unique<telemetry::PeriodicTask>([store = store.get()] {
    store->Look();
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

void TokenStore::Look() {
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
  if (!parts) return Refuse("the token is of no known form");
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

}  // namespace stateserver::auth
