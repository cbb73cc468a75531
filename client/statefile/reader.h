// SPDX-License-Identifier: Apache-2.0
//
// Reading of SQLMesh state files of any size in constant memory.
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
  // If true, a file marked as not importable is FILE_NOT_IMPORTABLE. Set it to false to read
  // headers only, or if nothing is imported.
  bool must_import = true;
};

// RecordSink receives each part of each record, in the order of the file. A record has one part
// with `begin` and one with `end` (possibly the same; the last may be empty). No part exceeds 256
// KiB. Views are valid only during the call. An error ends the reading and is returned unchanged.
using RecordSink = std::function<absl::Status(const RecordPart&)>;

// StateFileReader reads plain, gzip or zstd files, detected by their first bytes. Top-level keys
// may be in any order: if records precede `metadata` and `versions`, the file is scanned twice.
// Unknown top-level keys are ignored except for their syntax.
//
// Returns ARGUMENT_INVALID (with the fact `errno`) if the file cannot be read; FILE_MALFORMED,
// FILE_TRUNCATED, FILE_NOT_IMPORTABLE or FILE_VERSION_UNSUPPORTED, with SQLMesh's message if it has
// one; RECORD_INVALID for a record that is not an object. Facts: file, and if known offset, line,
// column (in the decompressed text), path, field. Not thread-safe.
class StateFileReader {
 public:
  // Opens the file and reads the header. "-" is standard input.
  static absl::StatusOr<std::unique_ptr<StateFileReader>> Open(const std::string& path,
                                                               ReaderOptions options = {});
  // Reads from memory; `bytes` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<StateFileReader>> FromBytes(std::string_view bytes,
                                                                    ReaderOptions options = {});

  const StateFileHeader& header() const { return header_; }

  // Reads all records, and checks that the file is complete and ends there. Call it once.
  absl::StatusOr<RecordCounts> ReadRecords(const RecordSink& sink);

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
};

}  // namespace stateserver::client
