// SPDX-License-Identifier: Apache-2.0
//
// Parts of records put by in a temporary file, to be had again in order.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/statefile/fd.h"
#include "client/statefile/format.h"

namespace stateserver::client {

// Holds the parts of one section. The file is in $TMPDIR (else /tmp), made with
// the first part and gone with this object; memory is bounded. Errors:
// ARGUMENT_INVALID with the facts file and errno. Not thread-safe.
class PartSpool {
 public:
  // `what` is put by, for messages: "the environments of 'state.json'".
  explicit PartSpool(Section section, std::string what)
      : section_(section), what_(std::move(what)) {}

  absl::Status Add(const RecordPart& part);
  // Once, after the last Add: every part. An error of `sink` ends it.
  absl::Status Replay(const std::function<absl::Status(const RecordPart&)>& sink);

 private:
  absl::Status Flush();
  // Fills `to` from the file; ARGUMENT_INVALID when it ends before.
  absl::Status Read(char* to, size_t size);
  absl::Status ReadText(size_t size, std::string* text);

  const Section section_;
  const std::string what_;
  Fd file_;
  std::string pending_;
  uint64_t parts_ = 0;
  std::string window_;
  size_t at_ = 0;
};

}  // namespace stateserver::client
