// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/row_buffer.h"

#include <memory>
#include <utility>

#include "common/error.h"

namespace stateserver::postgres {
namespace {

// Bytes of lines that are buffered before they are sent.
constexpr size_t kFullBytes = 2 << 20;

}  // namespace

void CopyLine::Separate() {
  if (!first_) line_.push_back('\t');
  first_ = false;
}

CopyLine& CopyLine::Text(std::string_view value) {
  Separate();
  AppendCopyField(value, &line_);
  return *this;
}

CopyLine& CopyLine::Int(int64_t value) {
  Separate();
  line_ += std::to_string(value);
  return *this;
}

CopyLine& CopyLine::Bool(bool value) {
  Separate();
  line_.push_back(value ? 't' : 'f');
  return *this;
}

CopyLine& CopyLine::Null() {
  Separate();
  AppendCopyNull(&line_);
  return *this;
}

CopyLine& CopyLine::Reserve(size_t bytes) {
  line_.reserve(bytes);
  return *this;
}

absl::Status RowBuffer::Add(CopyLine& line) {
  lines_.push_back(line.Take());
  bytes_ += lines_.back().size();
  return bytes_ >= kFullBytes ? Flush() : absl::OkStatus();
}

absl::Status RowBuffer::Flush() {
  if (lines_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::unique_ptr<CopyIn> copy, session_.StartCopyIn(target_));
  for (const std::string& line : lines_) RETURN_IF_ERROR(copy->Line(line));
  RETURN_IF_ERROR(copy->Finish());
  lines_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

}  // namespace stateserver::postgres
