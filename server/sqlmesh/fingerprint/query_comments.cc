// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/query_comments.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/rules.h"
#include "server/sqlmesh/fingerprint/gen/tokens.h"

namespace stateserver::fingerprint {
namespace {

struct Piece {
  enum Kind { kWord, kQuoted, kString, kComment, kVariable, kOther };
  Kind kind;
  std::string_view text;  // a comment or a quoted name without its delimiters
  int line = 0;           // line of its start
  int last_line = 0;      // line of its end
};

bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Returns the length of `@start_ds` or a similar variable at the start of the text; 0 for any other
// text.
size_t TimeVariable(std::string_view text) {
  size_t end = 1;
  while (end < text.size() && IsWordChar(text[end])) ++end;
  std::string_view word = text.substr(1, end - 1);
  size_t bar = word.find('_');
  if (text.substr(end).starts_with('(') || bar == word.npos) return 0;
  auto is_one_of = [](std::string_view part, std::initializer_list<std::string_view> known) {
    return std::find(known.begin(), known.end(), part) != known.end();
  };
  bool known = is_one_of(word.substr(0, bar), {"start", "end", "execution"}) &&
               is_one_of(word.substr(bar + 1),
                         {"date", "ds", "dt", "dtntz", "epoch", "hour", "millis", "ts", "tstz"});
  return known ? end : 0;
}

class Scanner {
 public:
  Scanner(std::string_view sql, const Dialect& dialect) : sql_(sql), dialect_(dialect) {}

  bool Scan(std::vector<Piece>* pieces) {
    while (at_ < sql_.size()) {
      char c = sql_[at_];
      if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        if (c == '\r' && sql_.substr(at_, 2) != "\r\n") return false;
        if (c == '\n') ++line_;
        ++at_;
        continue;
      }
      Piece piece{Piece::kOther, {}, line_, line_};
      if (!Next(&piece)) return false;
      piece.last_line = line_;
      pieces->push_back(piece);
    }
    return true;
  }

 private:
  bool Next(Piece* piece) {
    std::string_view rest = sql_.substr(at_);
    if (rest.starts_with("/*")) return Block(piece);
    if (rest.starts_with("--") ||
        (!dialect_.line_comments.empty() && rest.starts_with(dialect_.line_comments))) {
      return Line(piece, rest.starts_with("--") ? 2 : dialect_.line_comments.size());
    }
    char c = sql_[at_];
    if (size_t variable = c == '@' ? TimeVariable(rest) : 0) {
      piece->kind = Piece::kVariable;
      piece->text = rest.substr(0, variable);
      at_ += variable;
      return true;
    }
    if (dialect_.string_quotes.find(c) != std::string_view::npos) {
      return Quoted(piece, Piece::kString, c);
    }
    if (dialect_.identifier_quotes.find(c) != std::string_view::npos) {
      return Quoted(piece, Piece::kQuoted, c == '[' ? ']' : c);
    }
    if (c == '$' || c == '@' || c == '{' || c == '\\' || c == '#' || c == '`') return false;
    size_t begin = at_++;
    if (IsWordChar(c)) {
      while (at_ < sql_.size() && IsWordChar(sql_[at_])) ++at_;
      piece->kind = Piece::kWord;
      // A prefix changes the meaning of a string's contents.
      if (at_ < sql_.size() && (sql_[at_] == '\'' || sql_[at_] == '"')) return false;
    }
    piece->text = sql_.substr(begin, at_ - begin);
    return true;
  }

  bool Line(Piece* piece, size_t mark) {
    size_t end = sql_.find('\n', at_);
    if (end == sql_.npos) end = sql_.size();
    piece->kind = Piece::kComment;
    piece->text = sql_.substr(at_ + mark, end - at_ - mark);
    at_ = end;
    return true;
  }

  bool Block(Piece* piece) {
    size_t end = sql_.find("*/", at_ + 2);
    piece->kind = Piece::kComment;
    if (end == sql_.npos) return false;
    piece->text = sql_.substr(at_ + 2, end - at_ - 2);
    at_ = end + 2;
    for (char c : piece->text) line_ += c == '\n';
    // Rejects hints, and comments inside comments.
    return !piece->text.starts_with("+") && !piece->text.starts_with("!") &&
           piece->text.find("/*") == piece->text.npos;
  }

  bool Quoted(Piece* piece, Piece::Kind kind, char close) {
    size_t begin = ++at_;
    for (; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '\n') ++line_;
      if (sql_[at_] == '\\') return false;
      if (sql_[at_] != close) continue;
      bool doubled = at_ + 1 < sql_.size() && sql_[at_ + 1] == close;
      if (doubled && (kind == Piece::kQuoted || !dialect_.doubled_quotes)) return false;
      if (!doubled) {
        piece->kind = kind;
        piece->text = sql_.substr(begin, at_++ - begin);
        return true;
      }
      ++at_;
    }
    return false;
  }

  std::string_view sql_;
  const Dialect& dialect_;
  size_t at_ = 0;
  int line_ = 1;
};

bool IsWord(const Piece& piece, std::string_view upper) {
  return piece.kind == Piece::kWord && Upper(piece.text) == upper;
}

// SelectList holds the pieces of the outermost SELECT list, and of one of its items.
class SelectList {
 public:
  SelectList(const std::vector<Piece>& pieces, const Dialect& dialect,
             std::map<std::string, std::string>* out)
      : pieces_(pieces), dialect_(dialect), out_(out) {}

  bool Read() {
    int depth = 0;
    for (const Piece& piece : pieces_) {
      if (piece.kind == Piece::kComment) {
        if (inside_ && (depth > 0 || !Comment(piece))) return false;
        continue;
      }
      if (inside_ && piece.kind == Piece::kVariable) return false;
      if (depth == 0 && !Piece0(piece)) return false;
      if (piece.kind == Piece::kOther) depth += Opens(piece.text) - Closes(piece.text);
      if (depth < 0) return false;
      if (inside_ && depth >= 0 && !skip_) item_.push_back(&piece);
      skip_ = false;
      last_line_ = piece.last_line;
    }
    return selects_ == 1 && (!inside_ || CloseItem());
  }

 private:
  static int Opens(std::string_view text) { return text == "(" || text == "["; }
  static int Closes(std::string_view text) { return text == ")" || text == "]"; }

  // Handles a piece outside all parentheses.
  bool Piece0(const Piece& piece) {
    for (std::string_view word : {"UNION", "EXCEPT", "INTERSECT", "VALUES", "PIVOT", "UNPIVOT"}) {
      if (IsWord(piece, word)) return false;
    }
    if (IsWord(piece, "SELECT")) {
      inside_ = skip_ = true;
      return ++selects_ == 1;
    }
    if (!inside_) return true;
    bool comma = piece.kind == Piece::kOther && piece.text == ",";
    if (!comma && !IsWord(piece, "FROM")) {
      // Without FROM the list would continue past these words.
      for (std::string_view word :
           {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "QUALIFY", "INTO", "WINDOW"}) {
        if (IsWord(piece, word)) return false;
      }
      return true;
    }
    skip_ = true;
    if (!comma) inside_ = false;
    after_comma_ = comma;
    if (comma) {
      previous_ = std::move(item_);
      previous_comment_ = comment_;
      item_.clear();
      comment_ = {};
      return Close(previous_, previous_comment_);
    }
    return CloseItem();
  }

  // Handles a comment in the list: after the item, or after its comma.
  bool Comment(const Piece& piece) {
    if (piece.line != last_line_ || piece.text.find("sqlglot") != piece.text.npos) return false;
    if (!item_.empty()) {
      comment_ = Trim(piece.text);
      has_comment_ = true;
      end_of_item_ = item_.size();
      return true;
    }
    if (!after_comma_) return false;
    return Describe(previous_, Trim(piece.text));
  }

  bool CloseItem() {
    std::vector<const Piece*> item = std::move(item_);
    item_.clear();
    return Close(item, comment_);
  }

  bool Close(const std::vector<const Piece*>& item, std::string_view comment) {
    bool commented = has_comment_;
    has_comment_ = false;
    if (!commented) return true;
    return end_of_item_ == item.size() && Describe(item, comment);
  }

  bool Describe(const std::vector<const Piece*>& item, std::string_view comment) {
    if (item.empty()) return false;
    const Piece& name = *item.back();
    if (name.kind != Piece::kWord && name.kind != Piece::kQuoted) return false;
    bool alias = item.size() > 2 && IsWord(*item[item.size() - 2], "AS");
    if (!alias && !IsColumn(item)) return false;
    bool quoted = name.kind == Piece::kQuoted;
    std::string text(name.text);
    if (!quoted && IsReservedWord(Upper(text))) return false;
    if (!FoldIdentifier(dialect_, quoted, &text)) return false;
    for (char c :
         {comment.empty() ? '\0' : comment.front(), comment.empty() ? '\0' : comment.back()}) {
      // The byte may belong to a space that Python trims.
      if (c == '\xc2' || c == '\xe2' || c == '\xe3' || (c >= '\x1c' && c <= '\x1f')) return false;
    }
    (*out_)[text] = comment;
    return true;
  }

  static bool IsColumn(const std::vector<const Piece*>& item) {
    for (size_t i = 0; i < item.size(); ++i) {
      bool name = item[i]->kind == Piece::kWord || item[i]->kind == Piece::kQuoted;
      if (i % 2 == 0 ? !name : item[i]->text != ".") return false;
      if (item[i]->kind == Piece::kWord && IsReservedWord(Upper(item[i]->text))) return false;
    }
    return item.size() % 2 == 1;
  }

  const std::vector<Piece>& pieces_;
  const Dialect& dialect_;
  std::map<std::string, std::string>* out_;
  int selects_ = 0;
  bool inside_ = false;
  bool skip_ = false;
  bool after_comma_ = false;
  bool has_comment_ = false;
  size_t end_of_item_ = 0;
  int last_line_ = 0;
  std::string_view comment_;
  std::string_view previous_comment_;
  std::vector<const Piece*> item_;
  std::vector<const Piece*> previous_;
};

}  // namespace

bool MayHoldComments(std::string_view sql, const Dialect* dialect) {
  if (sql.find("--") != sql.npos || sql.find("/*") != sql.npos) return true;
  if (dialect == nullptr) return sql.find('#') != sql.npos || sql.find("//") != sql.npos;
  return !dialect->line_comments.empty() && sql.find(dialect->line_comments) != sql.npos;
}

bool MayHoldMacros(std::string_view sql) {
  if (sql.find('{') != sql.npos) return true;
  for (size_t at = sql.find('@'); at != sql.npos; at = sql.find('@', at + 1)) {
    if (TimeVariable(sql.substr(at)) == 0) return true;
  }
  return false;
}

bool ReadQueryComments(std::string_view sql, const Dialect& dialect,
                       std::map<std::string, std::string>* out, Unsupported* unsupported) {
  std::vector<Piece> pieces;
  if (Scanner(sql, dialect).Scan(&pieces) && !pieces.empty()) {
    const Piece* first = &pieces[0];
    while (first->kind == Piece::kComment && first != &pieces.back()) ++first;
    if ((IsWord(*first, "SELECT") || IsWord(*first, "WITH")) &&
        SelectList(pieces, dialect, out).Read()) {
      return true;
    }
  }
  return unsupported->Note("the comments in its query");
}

}  // namespace stateserver::fingerprint
