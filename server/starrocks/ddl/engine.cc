// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/engine.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace stateserver::schema {

std::optional<EngineVersion> ParseEngineVersion(const std::string& text) {
  std::vector<std::string> parts = absl::StrSplit(text, '.');
  EngineVersion out;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &out.major) ||
      !absl::SimpleAtoi(parts[1], &out.minor) || !absl::SimpleAtoi(parts[2], &out.patch)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace stateserver::schema
