// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/slots.h"

#include <algorithm>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::rpc {
namespace {

void Decrease(std::map<std::string, int>* counts, const std::string& key) {
  auto found = counts->find(key);
  if (--found->second == 0) counts->erase(found);
}

}  // namespace

absl::Status Slots::Overloaded(int limit, std::string_view where, std::string_view key) const {
  std::string words = noun_;
  std::replace(words.begin(), words.end(), '_', ' ');
  return Error(Reason::OVERLOADED, Cat(limit, " ", words, " run ", where, " already"),
               Cat("Try again when one of them is done, or raise limits.", key, "."),
               {{"limit", std::string(key)}});
}

absl::StatusOr<Slots::Slot> Slots::Acquire(const SlotLimits& limits, const std::string& gateway,
                                           const std::string& principal) {
  std::lock_guard lock(mutex_);
  if (total_ >= limits.total) {
    return Overloaded(limits.total, "on this server", Cat("max_concurrent_", noun_));
  }
  auto of_gateway = gateways_.find(gateway);
  if (of_gateway != gateways_.end() && of_gateway->second >= limits.per_gateway) {
    return Overloaded(limits.per_gateway, Cat("for ", dimension_, " '", gateway, "'"),
                      Cat("max_", noun_, "_per_", dimension_));
  }
  auto of_principal = principals_.find(principal);
  if (of_principal != principals_.end() && of_principal->second >= limits.per_principal) {
    return Overloaded(limits.per_principal, Cat("for ", principal),
                      Cat("max_", noun_, "_per_principal"));
  }
  ++total_;
  if (!gateway.empty()) ++gateways_[gateway];
  ++principals_[principal];
  return Slot(this, gateway, principal);
}

void Slots::GiveBack(const std::string& gateway, const std::string& principal) {
  std::lock_guard lock(mutex_);
  --total_;
  if (!gateway.empty()) Decrease(&gateways_, gateway);
  Decrease(&principals_, principal);
}

}  // namespace stateserver::rpc
