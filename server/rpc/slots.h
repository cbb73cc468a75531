// SPDX-License-Identifier: Apache-2.0
//
// Limits on concurrent calls of a kind: in total, per gateway or address, and per principal.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace stateserver::rpc {

struct SlotLimits {
  int total = 1;
  int per_gateway = 1;  // or per value of the slots' other dimension
  int per_principal = 1;
};

// Slots counts concurrent calls. It must outlive its slots. Thread-safe.
class Slots {
 public:
  // Slot is one of the concurrent calls. It is released on destruction.
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

  // `noun` is "imports", "exports", "schema_calls" or "calls"; `dimension` is "gateway" or
  // "address". Both appear in the keys of the limits.
  explicit Slots(std::string_view noun, std::string_view dimension = "gateway")
      : noun_(noun), dimension_(dimension) {}

  // Acquires a slot. Returns OVERLOADED, naming the limit that is reached. An empty gateway or
  // address is not limited.
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
