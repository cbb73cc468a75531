// SPDX-License-Identifier: Apache-2.0
//
// The first thing in a node that no proven rule covers.
#pragma once

#include <string>
#include <utility>

namespace stateserver::fingerprint {

class Unsupported {
 public:
  // Keeps the first phrase. Returns false, to end a function with.
  bool Note(std::string phrase) {
    if (phrase_.empty()) phrase_ = std::move(phrase);
    return false;
  }
  bool any() const { return !phrase_.empty(); }
  const std::string& phrase() const { return phrase_; }

 private:
  std::string phrase_;
};

}  // namespace stateserver::fingerprint
