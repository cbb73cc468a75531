// SPDX-License-Identifier: Apache-2.0

#include "server/platform/auth/text_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::auth {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;

absl::Status BadFile(const std::string& path, std::string_view why) {
  return Error(Reason::ARGUMENT_INVALID, Cat(path, ": ", why), "", {{"file", path}});
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return BadFile(path, Cat("cannot be read: ", std::string_view(std::strerror(errno))));
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return BadFile(path, "cannot be read to its end");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) return BadFile(path, "is larger than 4 MiB");
  return text;
}

}  // namespace stateserver::auth
