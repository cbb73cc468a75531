// SPDX-License-Identifier: Apache-2.0
//
// How two definitions of one object differ.
#pragma once

#include <string>
#include <vector>

namespace stateserver::schema {

struct Difference {
  // "column qty", "comment", "property replication_num", "partition p1".
  std::string attribute;
  // As SQL says it; empty where it is not there.
  std::string live, declared;
};

// What the declaration leaves to the engine.
struct UnmanagedAttribute {
  std::string attribute;
  std::string reason;
};

struct Comparison {
  std::vector<Difference> differences;
  std::vector<UnmanagedAttribute> unmanaged;

  void Differ(std::string attribute, std::string live, std::string declared) {
    differences.push_back({std::move(attribute), std::move(live), std::move(declared)});
  }
  void Leave(std::string attribute, std::string reason) {
    unmanaged.push_back({std::move(attribute), std::move(reason)});
  }
};

}  // namespace stateserver::schema
