// SPDX-License-Identifier: Apache-2.0
//
// Reads SQLMesh state files of any size in constant memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/statefile/format.h"
#include "client/statefile/source.h"

namespace stateserver::client {

struct ReaderOptions {
  // FILE_NOT_IMPORTABLE for a file that says so. False to read headers only, or
  // for what does not import.
  bool must_import = true;
};

// Called with each part of each record, in the order of the file. A record has
// one part with `begin` and one with `end` (maybe the same, and the last may
// have no text); no part passes 256 KiB. Views are valid during the call only.
// An error ends the reading and is returned as it is.
using RecordSink = std::function<absl::Status(const RecordPart&)>;

// Plain, gzip or zstd, told by the first bytes. Top-level keys come in any
// order: where records come before `metadata` and `versions`, the file is
// scanned twice. Unknown top-level keys are ignored, but checked for syntax.
//
// Errors: ARGUMENT_INVALID (the fact `errno`) when the file cannot be read;
// FILE_MALFORMED, FILE_TRUNCATED, FILE_NOT_IMPORTABLE, FILE_VERSION_UNSUPPORTED
// with SQLMesh's sentences where it has one; RECORD_INVALID for a record that is
// no object. Facts: file, and where known offset, line, column (of the text as
// unpacked), path, field. Not thread-safe.
class StateFileReader {
 public:
  // Reads the header. "-" is standard input.
  static absl::StatusOr<std::unique_ptr<StateFileReader>> Open(const std::string& path,
                                                               ReaderOptions options = {});
  // From memory; `bytes` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<StateFileReader>> FromBytes(std::string_view bytes,
                                                                    ReaderOptions options = {});

  const StateFileHeader& header() const { return header_; }

  // Once: all records, then checks that the file is whole and ends there.
  absl::StatusOr<RecordCounts> ReadRecords(const RecordSink& sink);

  // Bytes of text seen by ReadRecords so far, unpacked.
  uint64_t text_bytes() const { return text_bytes_; }

 private:
  StateFileReader(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)) {}

  static absl::StatusOr<std::unique_ptr<StateFileReader>> Start(std::unique_ptr<ByteSource> source,
                                                                const std::string& name,
                                                                ReaderOptions options);
  absl::Status ReadHeader(ReaderOptions options);

  std::unique_ptr<ByteSource> source_;
  std::string name_;  // as shown in messages
  StateFileHeader header_;
  uint64_t text_bytes_ = 0;
};

}  // namespace stateserver::client
