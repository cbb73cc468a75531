// SPDX-License-Identifier: Apache-2.0
//
// The engine a schema lives in.
#pragma once

#include <compare>

namespace stateserver::schema {

struct EngineVersion {
  int major = 4;
  int minor = 0;
  int patch = 4;

  auto operator<=>(const EngineVersion&) const = default;
};

// Where tablets are stored, which decides defaults.
enum class RunMode { kSharedNothing, kSharedData };

struct Engine {
  EngineVersion version;
  RunMode run_mode = RunMode::kSharedNothing;
};

}  // namespace stateserver::schema
