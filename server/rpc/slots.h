// SPDX-License-Identifier: Apache-2.0
//
// How many calls of a kind run at once: in all, for a gateway or address, for a principal.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::rpc {

struct SlotLimits {
  int total = 1;
  int per_gateway = 1;  // or per whatever else the slots' second dimension is
  int per_principal = 1;
};

// Thread-safe. Lives longer than its slots.
class Slots {
 public:
  // One of the calls that run. Given back at destruction.
  class Slot {
   public:
    Slot() = default;
    Slot(Slots* slots, std::string gateway, std::string principal)
        : slots_(slots), gateway_(std::move(gateway)), principal_(std::move(principal)) {}
    ~Slot() {
      if (slots_ != nullptr) slots_->GiveBack(gateway_, principal_);
    }
    Slot(Slot&& other) noexcept { *this = std::move(other); }
    Slot& operator=(Slot&& other) noexcept {
      std::swap(slots_, other.slots_);
      std::swap(gateway_, other.gateway_);
      std::swap(principal_, other.principal_);
      return *this;
    }

   private:
    Slots* slots_ = nullptr;
    std::string gateway_;
    std::string principal_;
  };

  // `noun` is "imports", "exports", "schema_calls" or "calls", `dimension` "gateway" or "address":
  // of the limits' keys, too.
  explicit Slots(std::string_view noun, std::string_view dimension = "gateway")
      : noun_(noun), dimension_(dimension) {}

  // OVERLOADED names the limit that is reached. An empty gateway or address has no limit
  // of its own.
  absl::StatusOr<Slot> Acquire(const SlotLimits& limits, const std::string& gateway,
                               const std::string& principal);

 private:
  void GiveBack(const std::string& gateway, const std::string& principal);
  absl::Status Overloaded(int limit, std::string_view where, std::string_view key) const;

  const std::string noun_;
  const std::string dimension_;
  std::mutex mutex_;
  int total_ = 0;
  std::map<std::string, int> gateways_;
  std::map<std::string, int> principals_;
};

}  // namespace stateserver::rpc
