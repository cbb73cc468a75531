// SPDX-License-Identifier: Apache-2.0
//
// How deeply texts from outside may nest.
#pragma once

namespace stateserver {

// The most levels of brackets, types, lists or objects inside one another. Every parser of outside
// input refuses more, so that neither the parser nor what walks over its result (printing,
// comparing, destructors) runs out of stack. SQLMesh itself reads JSON of up to 200 levels, and
// StarRocks column types of up to 15.
inline constexpr int kMostDepth = 256;

// One level, from construction to destruction. `depth` is the parser's own count and outlives the
// guard.
class DepthGuard {
 public:
  explicit DepthGuard(int* depth) : depth_(*depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

  // True beyond the limit: the parser must report it and go no deeper.
  bool TooDeep() const { return depth_ > kMostDepth; }

 private:
  int& depth_;
};

}  // namespace stateserver
