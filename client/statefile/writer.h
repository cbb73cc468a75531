// SPDX-License-Identifier: Apache-2.0
//
// Writing of state files, byte for byte as SQLMesh writes them.
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
  // Uses the separators "," and ":" without white space, instead of indent 2.
  bool compact = false;
  // Reserves space for `metadata.stateserver.token`, which is known only at the end.
  bool with_token = true;
};

// StateFileWriter writes one file. Call WriteHeader, then Write for every part of every snapshot,
// then for every part of every environment, then Finish; any other order is INTERNAL. Until Finish
// has succeeded the target is unchanged, even if the writer is destroyed or the process is killed
// (SIGKILL leaves a ".stateclient-*.tmp" behind). Returns ARGUMENT_INVALID with the facts file and
// errno if the file cannot be written (disk full, permission, missing folder), and RECORD_INVALID
// for a record that is not one JSON value. The process must ignore SIGXFSZ and SIGPIPE to get an
// error instead of the signal. Not thread-safe.
class StateFileWriter {
 public:
  // Opens the target. "-" is standard output. Paths that end with ".gz" or ".zst" are compressed.
  static absl::StatusOr<std::unique_ptr<StateFileWriter>> Open(const std::string& path,
                                                               WriterOptions options = {});

  // Ignores `header.token`.
  absl::Status WriteHeader(const StateFileHeader& header);

  // Writes a part. Accepts any spelling of valid JSON; strings and white space are normalised.
  absl::Status Write(const RecordPart& part);

  // Completes the file. `token` is 64 hex digits if space was reserved for it, otherwise empty.
  absl::Status Finish(std::string_view token);

  // Returns the number of records whose last part was written.
  const RecordCounts& counts() const { return counts_; }
  // Returns the bytes of text written so far, before compression.
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
  std::unique_ptr<Compressor> compressor_;  // null if not compressed
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
