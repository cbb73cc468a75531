// SPDX-License-Identifier: Apache-2.0
//
// The first words of a statement.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stateserver::revisions {

struct Word {
  std::string text;   // without quotes
  std::string lower;  // empty for a quoted name
  size_t begin = 0, end = 0;
  char symbol = 0;  // one character that is no word
};

// Comments are no words; a text in quotes is one symbol.
class StatementWords {
 public:
  explicit StatementWords(std::string_view sql);

  bool Is(size_t at, std::string_view lower) const {
    return at < words_.size() && words_[at].lower == lower;
  }
  // Null behind the last.
  const Word* At(size_t at) const { return at < words_.size() ? &words_[at] : nullptr; }

 private:
  bool Next();
  void SkipBlanks();

  const std::string_view sql_;
  size_t at_ = 0;
  std::vector<Word> words_;
};

}  // namespace stateserver::revisions
