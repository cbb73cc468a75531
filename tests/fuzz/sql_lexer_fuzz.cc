// SPDX-License-Identifier: Apache-2.0
//
// SQL in every combination of the properties of a dialect, which the first byte chooses: the tokens
// and the white space between them are the text, and each token alone is the same token again.
#include <algorithm>
#include <string>

#include "common/sql/lexer.h"
#include "tests/fuzz/check.h"

namespace {

using stateserver::fuzz::Check;
namespace sql = stateserver::sql;
using Kind = sql::Token::Kind;

sql::Dialect DialectOf(uint8_t bits) {
  if (bits == 0) return sql::kStarRocks;
  sql::Dialect dialect = {.text_quotes = "'\"", .name_quotes = "`"};
  if ((bits & 1) != 0) dialect = {.text_quotes = "'", .name_quotes = "\"`"};
  if ((bits & 2) != 0) dialect.word_signs = "$@";
  if ((bits & 4) != 0) dialect.inner_word_signs = "$#";
  dialect.digits_begin_words = (bits & 8) != 0;
  dialect.backslash_escapes = (bits & 16) != 0;
  dialect.hash_comments = (bits & 32) != 0;
  dialect.drops_doubled_name_quotes = (bits & 64) != 0;
  return dialect;
}

void CheckAlone(const sql::Token& token, const sql::Dialect& dialect) {
  sql::Lexer lexer(token.source, dialect);
  sql::Token again = lexer.Next();
  Check(again.kind == token.kind && again.value == token.value && again.fault == token.fault);
  Check(again.source == token.source && lexer.Next().kind == Kind::kEnd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const sql::Dialect dialect = DialectOf(data[0] & 127);
  std::string_view text = stateserver::fuzz::TextOf(data + 1, size - 1);
  sql::Lexer lexer(text, dialect);
  size_t end = 0;
  size_t line_start = 0;
  int line = 1;
  while (true) {
    sql::Token token = lexer.Next();
    Check(token.offset >= end && token.offset <= text.size() && token.end() <= text.size());
    for (size_t i = end; i < token.offset; ++i) {
      Check(std::string_view(" \t\n\v\f\r").find(text[i]) != std::string_view::npos);
    }
    auto lines = std::count(text.begin() + static_cast<ptrdiff_t>(end),
                            text.begin() + static_cast<ptrdiff_t>(token.offset), '\n');
    if (lines > 0) line_start = text.substr(0, token.offset).rfind('\n') + 1;
    line += static_cast<int>(lines);
    Check(token.line == line && token.column == static_cast<int>(token.offset - line_start) + 1);
    if (token.kind == Kind::kEnd) {
      Check(token.source.empty() && token.offset == text.size());
      return 0;
    }
    Check(!token.source.empty() && token.source.data() == text.data() + token.offset);
    CheckAlone(token, dialect);
    lines = std::count(token.source.begin(), token.source.end(), '\n');
    if (lines > 0) line_start = token.offset + token.source.rfind('\n') + 1;
    line += static_cast<int>(lines);
    end = token.end();
  }
}
