// SPDX-License-Identifier: Apache-2.0
//
// Tokens of SQL, without a grammar.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stateserver::sql {

// Dialect says which characters quote, comment, escape and form words. Common to all dialects:
// `-- …` comments end with their line, `/* … */` comments do not nest, a doubled quote does not end
// a text or a name, words consist of letters, digits and '_', and a byte order mark at the start is
// white space.
struct Dialect {
  // Each of these characters begins and ends a text, or a quoted name.
  std::string_view text_quotes;
  std::string_view name_quotes;
  // Further characters of words, and those that are not the first of a word.
  std::string_view word_signs = "";
  std::string_view inner_word_signs = "";
  bool digits_begin_words = false;  // `1a` is one word, not a number and a word
  bool backslash_escapes = false;   // in texts: \n is a line end, \' a quote
  bool hash_comments = false;       // `# …` is a comment up to the end of its line
  // A doubled quote is removed from a quoted name; otherwise it stands for one quote.
  bool drops_doubled_name_quotes = false;
  bool dollar_texts = false;        // `$$ … $$` is a text, without escapes
  bool ideographic_spaces = false;  // U+3000 is white space
};

// The dialect of StarRocks, in which `#` does not begin a comment.
inline constexpr Dialect kStarRocks = {.text_quotes = "'\"",
                                       .name_quotes = "`",
                                       .word_signs = "$@",
                                       .digits_begin_words = true,
                                       .backslash_escapes = true,
                                       .drops_doubled_name_quotes = true,
                                       .dollar_texts = true,
                                       .ideographic_spaces = true};

struct Token {
  enum class Kind { kWord, kQuotedName, kText, kNumber, kSymbol, kComment, kEnd };
  enum class Fault {
    kNone,
    kUnterminated,  // a text, a quoted name or a comment that ends with the SQL
    kUnknown,       // a symbol that no operator contains
  };
  Kind kind = Kind::kEnd;
  Fault fault = Fault::kNone;
  // A name without its quotes, a text without quotes and escapes; empty for a comment.
  std::string value;
  std::string_view source;  // as written
  size_t offset = 0;        // offset of the first byte
  int line = 1;             // of the first byte, from 1
  int column = 1;           // in bytes, from 1

  size_t end() const { return offset + source.size(); }
  // Returns true for the operator or the punctuation mark.
  bool IsSymbol(std::string_view symbol) const { return kind == Kind::kSymbol && value == symbol; }
  bool IsName() const { return kind == Kind::kWord || kind == Kind::kQuotedName; }
};

// Lexer splits SQL into tokens, from the first to the last. It never fails: a token says what is
// wrong with it. `sql` must outlive the lexer and its tokens.
class Lexer {
 public:
  Lexer(std::string_view sql, const Dialect& dialect) : sql_(sql), dialect_(dialect) {}

  // Returns the next token, which may be a comment; at the end, a token of kind kEnd.
  Token Next();

 private:
  bool At(std::string_view text) const { return sql_.substr(at_).starts_with(text); }
  bool IsWordStart(size_t at) const;
  size_t SpaceEnd(size_t at) const;
  size_t DigitsEnd(size_t at) const;
  size_t NumberEnd() const;
  size_t WordEnd(size_t at) const;
  void Read(Token* token);
  void Comment(Token* token);
  void Quoted(Token* token, Token::Kind kind);
  bool DollarText(Token* token);
  bool NumberOrWord(Token* token);
  void Symbol(Token* token);
  void Plain(Token* token, Token::Kind kind, size_t end);
  void MoveTo(size_t end);

  const std::string_view sql_;
  const Dialect dialect_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace stateserver::sql
