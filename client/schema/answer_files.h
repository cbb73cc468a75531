// SPDX-License-Identifier: Apache-2.0
//
// Files that a server sends, which is not trusted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/schema/schema_text.h"

namespace stateserver::client {

// AnswerFiles collects the files that a server names.
class AnswerFiles {
 public:
  static constexpr size_t kMostFiles = 100'000;

  // Every name must end with `suffix`.
  explicit AnswerFiles(std::string_view suffix) : suffix_(suffix) {}

  // Appends a piece to the last file, or to a new one if `name` is another. Returns ANSWER_INVALID
  // for a name that CheckFileName refuses, for one of an earlier file, and beyond kMostFiles.
  absl::Status Add(const std::string& name, const std::string& piece);
  std::vector<SchemaText> Release() { return std::move(files_); }

 private:
  const std::string_view suffix_;
  std::vector<SchemaText> files_;
  std::unordered_set<std::string> names_;
};

}  // namespace stateserver::client
