// SPDX-License-Identifier: Apache-2.0
//
// Names that are compared without case: gateways, true and false.
#pragma once

#include <string>

namespace stateserver::config {

// Lower case of ASCII letters.
inline std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace stateserver::config
