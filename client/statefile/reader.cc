// SPDX-License-Identifier: Apache-2.0

#include "client/statefile/reader.h"

#include <array>
#include <vector>

#include "client/statefile/fd.h"
#include "client/statefile/header.h"
#include "client/statefile/scans.h"
#include "common/error.h"

namespace stateserver::client {
namespace {

constexpr size_t kPiece = 256 * 1024;
// Small steps, so that damage behind the header is not found before it is read.
constexpr size_t kHeaderStep = 4096;

// The scanner says what is wrong and where in numbers; people also need the
// file and what to do.
absl::Status WithPlace(const absl::Status& status, const std::string& name,
                       const std::string& path) {
  Facts facts = FactsOf(status);
  if (facts.count("line") == 0) return status;  // not of the scanner
  facts["file"] = name;
  if (!path.empty()) facts["path"] = path;
  std::string place = "line " + facts["line"] + ", column " + facts["column"] + " of " + name;
  if (!path.empty()) place += ", inside " + path;
  Reason reason = ReasonOf(status);
  std::string hint =
      reason == Reason::FILE_TRUNCATED
          ? "The file ends at " + place + ": it was cut short; copy or export it again."
          : "See " + place + "; copy or export the file again.";
  return Error(reason, MessageOf(status), hint, facts);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::Open(const std::string& path,
                                                                       ReaderOptions options) {
  std::string name = DisplayName(path, "standard input");
  ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> raw, OpenSource(path, name));
  return Start(std::move(raw), name, options);
}

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::FromBytes(std::string_view bytes,
                                                                            ReaderOptions options) {
  return Start(MemorySource(bytes), "the state file", options);
}

absl::StatusOr<std::unique_ptr<StateFileReader>> StateFileReader::Start(
    std::unique_ptr<ByteSource> source, const std::string& name, ReaderOptions options) {
  std::unique_ptr<StateFileReader> reader(
      new StateFileReader(DecodingSource(std::move(source), name), name));
  RETURN_IF_ERROR(reader->ReadHeader(options));
  RETURN_IF_ERROR(reader->source_->Rewind());
  return reader;
}

absl::Status StateFileReader::ReadHeader(ReaderOptions options) {
  HeaderScan scan(name_, options.must_import, &header_);
  std::vector<char> buffer(kPiece);
  while (!scan.complete()) {
    ASSIGN_OR_RETURN(size_t size, source_->Read(buffer.data(), buffer.size()));
    if (size == 0) return WithPlace(scan.Finish(), name_, scan.path());
    std::string_view piece(buffer.data(), size);
    for (size_t at = 0; at < size && !scan.complete(); at += kHeaderStep) {
      absl::Status status = scan.Feed(piece.substr(at, kHeaderStep));
      if (!status.ok()) return WithPlace(status, name_, scan.path());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RecordCounts> StateFileReader::ReadRecords(const RecordSink& sink) {
  RecordScan scan(name_, sink);
  std::vector<char> buffer(kPiece);
  while (true) {
    ASSIGN_OR_RETURN(size_t size, source_->Read(buffer.data(), buffer.size()));
    text_bytes_ += size;
    absl::Status status = size == 0 ? scan.Finish() : scan.Feed({buffer.data(), size});
    if (!status.ok()) return scan.sink_failed() ? status : WithPlace(status, name_, scan.path());
    if (size == 0) return scan.counts();
  }
}

}  // namespace stateserver::client
