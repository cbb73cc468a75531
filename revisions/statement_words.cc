// SPDX-License-Identifier: Apache-2.0

#include "revisions/statement_words.h"

#include <algorithm>

#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

constexpr size_t kMost = 24;

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

StatementWords::StatementWords(std::string_view sql) : sql_(sql) {
  while (words_.size() < kMost && Next()) {
  }
}

bool StatementWords::Next() {
  SkipBlanks();
  if (at_ >= sql_.size()) return false;
  size_t begin = at_;
  char c = sql_[at_];
  if (c == '`' || c == '"' || c == '\'') {
    size_t end = std::min(sql_.find(c, at_ + 1), sql_.size());
    at_ = std::min(end + 1, sql_.size());
    if (c == '`')
      words_.push_back({std::string(sql_.substr(begin + 1, end - begin - 1)), "", begin, at_, 0});
    if (c != '`') words_.push_back({"", "", begin, at_, c});
    return true;
  }
  if (!IsWordByte(c)) {
    ++at_;
    words_.push_back({"", "", begin, at_, c});
    return true;
  }
  while (at_ < sql_.size() && IsWordByte(sql_[at_])) ++at_;
  std::string text(sql_.substr(begin, at_ - begin));
  std::string lower = Lower(text);
  words_.push_back({std::move(text), std::move(lower), begin, at_, 0});
  return true;
}

void StatementWords::SkipBlanks() {
  for (;;) {
    while (at_ < sql_.size() &&
           (sql_[at_] == ' ' || sql_[at_] == '\t' || sql_[at_] == '\n' || sql_[at_] == '\r'))
      ++at_;
    if (sql_.substr(at_, 2) == "--") {
      at_ = std::min(sql_.find('\n', at_), sql_.size());
    } else if (sql_.substr(at_, 2) == "/*") {
      size_t end = sql_.find("*/", at_ + 2);
      at_ = end == sql_.npos ? sql_.size() : end + 2;
    } else {
      return;
    }
  }
}

}  // namespace stateserver::revisions
