// SPDX-License-Identifier: Apache-2.0

#include "server/app/allocator.h"

#include <malloc.h>

#include <algorithm>
#include <thread>

namespace stateserver::app {
namespace {

constexpr int kMinArenas = 2;
constexpr int kMaxArenas = 4;
// Lists of environments and batches of records are returned to the system when freed. The limit is
// fixed, because glibc would otherwise raise it to the largest block ever freed.
constexpr int kOwnMapping = 1 << 20;
constexpr int kKeptAtTop = 8 << 20;

}  // namespace

void BoundFreedMemory() {
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  mallopt(M_ARENA_MAX, std::clamp(cores, kMinArenas, kMaxArenas));
  mallopt(M_MMAP_THRESHOLD, kOwnMapping);
  mallopt(M_TRIM_THRESHOLD, kKeptAtTop);
}

}  // namespace stateserver::app
