// SPDX-License-Identifier: Apache-2.0
//
// How the C library keeps freed memory.
#pragma once

namespace stateserver::app {

// Bounds what a busy server holds on to; to be called before the first thread.
//
// glibc gives each thread an arena of its own, up to eight a core, and each keeps the
// most that its calls ever needed: a minute of mixed load (`bench/run --load`) on two
// cores held 841 MiB, with these bounds 240.
void BoundFreedMemory();

}  // namespace stateserver::app
