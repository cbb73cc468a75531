#include "server/schema/parse/lexer.h"

#include <utility>

namespace stateserver::schema {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Letters of other alphabets as well.
bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char Unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case '0':
      return '\0';
    default:
      return c;
  }
}

class Lexer {
 public:
  Lexer(std::string_view sql, std::string_view source) : sql_(sql), source_(source) {}

  Lexed Run() {
    while (Skip() && at_ < sql_.size()) {
      Token token;
      token.offset = at_;
      token.line = line_;
      token.column = Column();
      if (!Next(&token)) break;
      token.source = sql_.substr(token.offset, at_ - token.offset);
      out_.tokens.push_back(std::move(token));
    }
    Token end;
    end.offset = at_;
    end.line = line_;
    end.column = Column();
    out_.tokens.push_back(end);
    return std::move(out_);
  }

 private:
  int Column() const { return static_cast<int>(at_ - line_start_) + 1; }
  bool At(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  void Advance() {
    if (sql_[at_++] != '\n') return;
    ++line_;
    line_start_ = at_;
  }

  bool Fail(size_t offset, int line, int column, std::string_view expected) {
    size_t end = sql_.find('\n', offset);
    std::string found(sql_.substr(offset, std::min<size_t>(end - offset, 20)));
    out_.error = ParseError{{std::string(source_), line, column}, found, std::string(expected)};
    return false;
  }

  // Over white space and comments. False after an error.
  bool Skip() {
    while (at_ < sql_.size()) {
      char c = sql_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        Advance();
      } else if (c == '#' || At("--")) {
        while (at_ < sql_.size() && sql_[at_] != '\n') ++at_;
      } else if (At("/*")) {
        if (!SkipBlock()) return false;
      } else {
        break;
      }
    }
    return true;
  }

  bool SkipBlock() {
    size_t offset = at_;
    int line = line_, column = Column();
    size_t end = sql_.find("*/", at_ + 2);
    if (end == sql_.npos) return Fail(offset, line, column, "*/ at the end of the comment");
    while (at_ < end + 2) Advance();
    return true;
  }

  bool Next(Token* token) {
    char c = sql_[at_];
    if (c == '\'' || c == '"') return Quoted(token, Token::Kind::kText, c);
    if (c == '`') return Quoted(token, Token::Kind::kQuotedName, c);
    if (IsDigit(c) || (c == '.' && at_ + 1 < sql_.size() && IsDigit(sql_[at_ + 1]))) {
      return Number(token);
    }
    if (IsWordChar(c) || c == '@') return Word(token);
    return Symbol(token);
  }

  bool Quoted(Token* token, Token::Kind kind, char quote) {
    token->kind = kind;
    Advance();
    while (at_ < sql_.size()) {
      char c = sql_[at_];
      if (c == quote) {
        Advance();
        if (at_ >= sql_.size() || sql_[at_] != quote) return true;
        // A doubled backtick disappears from the name, as in the engine.
        if (quote == '`') {
          Advance();
          continue;
        }
      } else if (c == '\\' && quote != '`' && at_ + 1 < sql_.size()) {
        Advance();
        c = Unescaped(sql_[at_]);
      }
      token->value.push_back(c);
      Advance();
    }
    return Fail(token->offset, token->line, token->column,
                kind == Token::Kind::kText ? "a quote at the end of the text"
                                           : "a backtick at the end of the name");
  }

  bool Number(Token* token) {
    token->kind = Token::Kind::kNumber;
    size_t begin = at_;
    bool exponent = false;
    for (; at_ < sql_.size(); ++at_) {
      char c = sql_[at_];
      bool sign =
          (c == '+' || c == '-') && exponent && (sql_[at_ - 1] == 'e' || sql_[at_ - 1] == 'E');
      if (!IsWordChar(c) && c != '.' && !sign) break;
      exponent = exponent || c == 'e' || c == 'E';
    }
    token->value = sql_.substr(begin, at_ - begin);
    // `1a` is a name in this engine.
    if (token->value.find_first_not_of("0123456789.eExX+-abcdfABCDF") != std::string::npos) {
      token->kind = Token::Kind::kWord;
    }
    return true;
  }

  bool Word(Token* token) {
    token->kind = Token::Kind::kWord;
    size_t begin = at_++;
    while (at_ < sql_.size() && (IsWordChar(sql_[at_]) || sql_[at_] == '@')) ++at_;
    token->value = sql_.substr(begin, at_ - begin);
    return true;
  }

  bool Symbol(Token* token) {
    token->kind = Token::Kind::kSymbol;
    for (std::string_view symbol :
         {"<=>", "->>", "<=", ">=", "<>", "!=", "||", "&&", "->", "::", ":="}) {
      if (!At(symbol)) continue;
      token->value = symbol;
      at_ += symbol.size();
      return true;
    }
    char c = sql_[at_];
    if (std::string_view("()[]{}<>,.;:=+-*/%!~&|^?").find(c) == std::string_view::npos) {
      return Fail(at_, line_, Column(), "a word, a name, a text, a number or an operator");
    }
    token->value = std::string(1, c);
    ++at_;
    return true;
  }

  std::string_view sql_;
  std::string_view source_;
  size_t at_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  Lexed out_;
};

}  // namespace

Lexed Lex(std::string_view sql, std::string_view source) { return Lexer(sql, source).Run(); }

}  // namespace stateserver::schema
