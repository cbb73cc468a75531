// SPDX-License-Identifier: Apache-2.0

#include "revisions/sums.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::revisions {

absl::StatusOr<Sums> ReadSums(std::string_view text) {
  constexpr size_t kDigits = 64;
  Sums sums;
  int line = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view one = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (one.empty()) continue;
    bool good = one.size() > kDigits + 2 && one.substr(kDigits, 2) == "  " &&
                one.find_first_not_of("0123456789abcdef") == kDigits;
    if (!good) {
      return Error(
          Reason::REVISION_INVALID,
          Cat(kSumsFile, ":", line, ": is not a checksum and the name of a file"),
          "Resolve the merge conflict in it, or remove the file: the next revision recreates it.",
          {{"file", kSumsFile}, {"line", Cat(line)}});
    }
    sums[std::string(one.substr(kDigits + 2))] = one.substr(0, kDigits);
  }
  return sums;
}

std::string PrintSums(const Sums& sums) {
  std::string out;
  for (const auto& [file, sum] : sums) AppendTo(&out, sum, "  ", file, "\n");
  return out;
}

}  // namespace stateserver::revisions
