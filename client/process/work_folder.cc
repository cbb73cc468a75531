#include "client/process/work_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

#include "client/errors.h"
#include "common/text.h"

namespace stateserver::client {

absl::StatusOr<WorkFolder> WorkFolder::Make() {
  const char* parent = std::getenv("TMPDIR");
  std::string pattern =
      Cat(parent == nullptr || *parent == '\0' ? "/tmp" : parent, "/stateclient-XXXXXX");
  if (mkdtemp(pattern.data()) != nullptr) return WorkFolder(pattern);
  return ClientError(ClientReason::OUTPUT_FAILED,
                     Cat("Cannot make a temporary folder like ", pattern, ": ", strerror(errno)),
                     "Set TMPDIR to a folder with room.");
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace stateserver::client
