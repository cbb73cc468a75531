// SPDX-License-Identifier: Apache-2.0
//
// Lists of SnapshotTableInfo as `_environments` stores them.
#pragma once

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace stateserver::store {

// TableInfo is one element. The views are valid until the next Read.
struct TableInfo {
  std::string_view name;
  std::string identifier;  // computed from the fingerprint
  std::string_view version;
  std::string_view kind_name;  // empty for an audit
  simdjson::dom::element json;
};

// TableInfoReader reads lists and reuses its parser's memory. Not thread-safe.
class TableInfoReader {
 public:
  // Calls `visit` for each element of the JSON array. If `compact` is given, appends the elements
  // to it as compact UTF-8 JSON joined with ','. Returns STATE_CORRUPT if the text is not a list of
  // such objects.
  absl::Status Read(std::string_view array, const std::function<void(const TableInfo&)>& visit,
                    std::string* compact = nullptr);
  // Only appends the elements, like Read, of an array that Read has accepted.
  absl::Status Compact(std::string_view array, std::string* compact);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace stateserver::store
