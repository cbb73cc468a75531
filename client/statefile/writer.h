// SPDX-License-Identifier: Apache-2.0
//
// Writes state files byte for byte as SQLMesh does.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/statefile/format.h"
#include "client/statefile/target.h"
#include "common/json/restyler.h"

namespace stateserver::client {

struct WriterOptions {
  // Separators "," and ":" and no white space, instead of indent 2.
  bool compact = false;
  // Keeps room for `metadata.stateserver.token`, which is known only at the end.
  bool with_token = true;
};

// WriteHeader, then Write for every part of every snapshot, then of every
// environment, then Finish; a call out of this order is INTERNAL. Until Finish
// has succeeded the target stays as it was, also when the writer is destroyed
// or the process is killed (SIGKILL leaves a ".stateclient-*.tmp" behind).
// Errors: ARGUMENT_INVALID with the facts file and errno when the file cannot be
// written (full disk, no right, no such folder), RECORD_INVALID for a record that
// is not one JSON value. The process must ignore SIGXFSZ and SIGPIPE to get an
// error instead of the signal. Not thread-safe.
class StateFileWriter {
 public:
  // "-" is standard output. ".gz" and ".zst" at the end of `path` compress.
  static absl::StatusOr<std::unique_ptr<StateFileWriter>> Open(const std::string& path,
                                                               WriterOptions options = {});

  // `header.token` is not looked at.
  absl::Status WriteHeader(const StateFileHeader& header);

  // Any spelling of valid JSON; strings and white space are normalised.
  absl::Status Write(const RecordPart& part);

  // `token`: 64 hex digits when there is room for it, else empty.
  absl::Status Finish(std::string_view token);

  // Records whose last part was written.
  const RecordCounts& counts() const { return counts_; }
  // Of the text written so far, before compression.
  uint64_t text_bytes() const { return text_bytes_ + buffer_.size(); }

 private:
  enum class State { kHeader, kSnapshots, kEnvironments, kDone };

  StateFileWriter(std::unique_ptr<OutputTarget> target, std::unique_ptr<Compressor> compressor,
                  WriterOptions options);

  json::Style StyleAt(int depth) const;
  std::string Prefix(std::string_view token) const;
  absl::Status WritePrefix();
  absl::Status PatchPrefix(std::string_view token);
  void BeginSection(std::string_view key, char bracket);
  void EndSection(char bracket);
  void Newline(int depth);
  absl::Status Advance(Section section);
  void BeginRecord(const RecordPart& part);
  absl::Status EndRecord();
  absl::Status Flush(bool last);

  std::unique_ptr<OutputTarget> target_;
  std::unique_ptr<Compressor> compressor_;  // or none
  WriterOptions options_;
  StateFileHeader header_;
  State state_ = State::kHeader;
  bool in_record_ = false;
  bool record_empty_ = true;
  bool section_empty_ = true;
  json::Restyler restyler_;
  RecordCounts counts_;
  std::string buffer_;
  std::string packed_;
  uint64_t text_bytes_ = 0;
};

}  // namespace stateserver::client
