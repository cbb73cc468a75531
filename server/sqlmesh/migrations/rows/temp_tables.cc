// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/temp_tables.h"

#include <utility>

#include "common/error.h"
#include "common/text.h"

namespace stateserver::migrations {
namespace {

constexpr size_t kFullBytes = 4 << 20;

}  // namespace

absl::Status CreateTemp(postgres::Session& session, std::string_view name,
                        std::string_view columns) {
  return session.Execute(
      Cat("CREATE TEMPORARY TABLE ", postgres::QuoteName(name), " (", columns, ") ON COMMIT DROP"));
}

void RowBuffer::EndRow() {
  bytes_ += line_.size();
  lines_.push_back(std::exchange(line_, {}));
  first_ = true;
}

absl::Status RowBuffer::Flush() {
  if (lines_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto copy, session_.StartCopyIn(target_));
  for (const std::string& line : lines_) RETURN_IF_ERROR(copy->Line(line));
  lines_.clear();
  bytes_ = 0;
  return copy->Finish();
}

absl::Status RowBuffer::FlushWhenFull() {
  return bytes_ >= kFullBytes ? Flush() : absl::OkStatus();
}

}  // namespace stateserver::migrations
