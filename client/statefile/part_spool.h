// SPDX-License-Identifier: Apache-2.0
//
// A temporary file for parts of records, to be read back in order.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/statefile/fd.h"
#include "client/statefile/format.h"

namespace stateserver::client {

// PartSpool holds the parts of one section. The file is in $TMPDIR (otherwise /tmp); it is created
// with the first part and removed with this object. Memory is bounded. Returns ARGUMENT_INVALID
// with the facts file and errno. Not thread-safe.
class PartSpool {
 public:
  // `what` describes the contents in messages: "the environments of 'state.json'".
  explicit PartSpool(Section section, std::string what)
      : section_(section), what_(std::move(what)) {}

  absl::Status Add(const RecordPart& part);
  // Passes every part to `sink`. Call it once, after the last Add. An error of `sink` ends it.
  absl::Status Replay(const std::function<absl::Status(const RecordPart&)>& sink);

 private:
  absl::Status Flush();
  // Fills `to` from the file. Returns ARGUMENT_INVALID if it ends too early.
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
