// A folder of one's own that is gone when one is done.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"

namespace stateserver::client {

class WorkFolder {
 public:
  // In $TMPDIR, else /tmp; readable by its owner only.
  static absl::StatusOr<WorkFolder> Make();
  ~WorkFolder();
  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&& other) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace stateserver::client
