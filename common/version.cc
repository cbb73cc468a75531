// SPDX-License-Identifier: Apache-2.0

#include "common/version.h"

namespace stateserver {

// Both macros are defined only for this file (common/CMakeLists.txt), so that a new version
// recompiles one file.
std::string_view Version() { return STATESERVER_VERSION; }

std::string_view Commit() { return STATESERVER_COMMIT; }

}  // namespace stateserver
