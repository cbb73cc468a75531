// SPDX-License-Identifier: Apache-2.0
//
// A limit on the nesting of external text.
#pragma once

namespace stateserver {

// Maximum number of nested brackets, types, lists or objects. Every parser of external input
// rejects deeper nesting, so that neither the parser nor code that traverses its result (printing,
// comparing, destructors) overflows the stack. SQLMesh itself reads JSON of up to 200 levels, and
// StarRocks column types of up to 15.
inline constexpr int kMostDepth = 256;

// DepthGuard counts one level from construction to destruction. `depth` is the parser's own counter
// and must outlive the guard.
class DepthGuard {
 public:
  explicit DepthGuard(int* depth) : depth_(*depth) { ++depth_; }
  ~DepthGuard() { --depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

  // Returns true beyond the limit. The parser must then report an error and not recurse further.
  bool TooDeep() const { return depth_ > kMostDepth; }

 private:
  int& depth_;
};

}  // namespace stateserver
