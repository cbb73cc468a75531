// SPDX-License-Identifier: Apache-2.0
//
// Texts as a JSON list.
#pragma once

#include <string>

#include "client/cli/output/json.h"
#include "common/text.h"

namespace stateserver::client {

template <typename Texts>
std::string JsonList(const Texts& texts) {
  std::string out = "[";
  for (const std::string& text : texts) AppendTo(&out, out.size() > 1 ? "," : "", JsonString(text));
  return out + "]";
}

}  // namespace stateserver::client
