// SPDX-License-Identifier: Apache-2.0

#include "common/process_name.h"

#include <unistd.h>

#include <cstdint>

#include "common/text.h"

namespace stateserver {

std::string ProcessName() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return Cat(host, " (process ", static_cast<int64_t>(getpid()), ")");
}

}  // namespace stateserver
