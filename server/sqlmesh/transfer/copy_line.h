// SPDX-License-Identifier: Apache-2.0
//
// One row in COPY text format, field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/platform/postgres/session.h"

namespace stateserver::transfer {

// Bytes of lines for one table that are kept before they are sent.
inline constexpr size_t kFlushBytes = 2 << 20;

class CopyLine {
 public:
  CopyLine& Text(std::string_view value) {
    Separate();
    postgres::AppendCopyField(value, &line_);
    return *this;
  }
  CopyLine& Text(const std::string& value) { return Text(std::string_view(value)); }
  CopyLine& Text(const std::optional<std::string>& value) {
    return value.has_value() ? Text(std::string_view(*value)) : Null();
  }
  CopyLine& Int(int64_t value) {
    Separate();
    line_ += std::to_string(value);
    return *this;
  }
  CopyLine& Int(const std::optional<int64_t>& value) {
    return value.has_value() ? Int(*value) : Null();
  }
  CopyLine& Bool(bool value) {
    Separate();
    line_.push_back(value ? 't' : 'f');
    return *this;
  }
  CopyLine& Bool(const std::optional<bool>& value) {
    return value.has_value() ? Bool(*value) : Null();
  }
  CopyLine& Null() {
    Separate();
    postgres::AppendCopyNull(&line_);
    return *this;
  }
  void Reserve(size_t bytes) { line_.reserve(bytes); }
  std::string Take() { return std::move(line_); }

 private:
  void Separate() {
    if (first_) {
      first_ = false;
    } else {
      line_.push_back('\t');
    }
  }
  std::string line_;
  bool first_ = true;
};

}  // namespace stateserver::transfer
