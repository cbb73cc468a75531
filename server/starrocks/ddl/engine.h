// SPDX-License-Identifier: Apache-2.0
//
// The version and run mode of the StarRocks engine that holds a schema.
#pragma once

#include <compare>
#include <optional>
#include <string>

namespace stateserver::schema {

struct EngineVersion {
  int major = 4;
  int minor = 0;
  int patch = 4;

  auto operator<=>(const EngineVersion&) const = default;
};

// Parses "4.0.4". Returns nullopt for any other text.
std::optional<EngineVersion> ParseEngineVersion(const std::string& text);

// RunMode is where tablets are stored; some defaults depend on it.
enum class RunMode { kSharedNothing, kSharedData };

struct Engine {
  EngineVersion version;
  RunMode run_mode = RunMode::kSharedNothing;
};

}  // namespace stateserver::schema
