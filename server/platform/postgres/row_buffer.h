// SPDX-License-Identifier: Apache-2.0
//
// Rows on their way into a table: the line of one row, and a buffer that sends lines by COPY.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

// CopyLine builds one row in COPY text format, field by field in the order of the columns. nullopt
// is written as NULL.
class CopyLine {
 public:
  CopyLine& Text(std::string_view value);
  CopyLine& Text(const char* value) { return Text(std::string_view(value)); }
  CopyLine& Text(const std::string& value) { return Text(std::string_view(value)); }
  CopyLine& Text(const std::optional<std::string_view>& value) {
    return value.has_value() ? Text(*value) : Null();
  }
  CopyLine& Int(int64_t value);
  CopyLine& Int(const std::optional<int64_t>& value) {
    return value.has_value() ? Int(*value) : Null();
  }
  CopyLine& Bool(bool value);
  CopyLine& Bool(const std::optional<bool>& value) {
    return value.has_value() ? Bool(*value) : Null();
  }
  CopyLine& Null();
  // Prepares for a line of about this many bytes.
  CopyLine& Reserve(size_t bytes);
  // Returns the line without the line feed. The object cannot be used afterwards.
  std::string Take() { return std::move(line_); }

 private:
  void Separate();

  std::string line_;
  bool first_ = true;
};

// RowBuffer collects rows for one table and sends them by COPY, so that other statements of the
// session can run between two rows. Memory: 2 MiB and the longest row. Rows that were not flushed
// are discarded. Not thread-safe.
class RowBuffer {
 public:
  // `target` is "table (columns)".
  RowBuffer(Session& session, std::string target) : session_(session), target_(std::move(target)) {}

  // Adds a row, and sends the buffered rows if there are many.
  absl::Status Add(CopyLine& line);
  absl::Status Add(CopyLine&& line) { return Add(line); }
  // Sends the buffered rows; call it after the last row.
  absl::Status Flush();

 private:
  Session& session_;
  const std::string target_;
  std::vector<std::string> lines_;
  size_t bytes_ = 0;
};

}  // namespace stateserver::postgres
