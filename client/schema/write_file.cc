// SPDX-License-Identifier: Apache-2.0

#include "client/schema/write_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "client/cli/commands/file_argument.h"
#include "client/errors.h"
#include "client/statefile/target.h"
#include "common/text.h"

namespace stateserver::client {

absl::Status WriteWholeFile(const std::string& path, std::string_view text) {
  auto target = OutputTarget::Open(path);
  if (!target.ok()) return OutputError(target.status());
  while (!text.empty()) {
    ssize_t written = write((*target)->fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return ClientError(ClientReason::OUTPUT_FAILED,
                         Cat("Cannot write ", (*target)->name(), ": ", std::strerror(errno), "."));
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  absl::Status status = (*target)->Commit();
  return status.ok() ? status : OutputError(status);
}

}  // namespace stateserver::client
