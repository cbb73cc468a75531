// SPDX-License-Identifier: Apache-2.0

#include "revisions/statement.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/sql/lexer.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {

namespace {

using sql::Token;

// What a statement is can be told from this many tokens.
constexpr size_t kMostTokens = 24;

// StatementWords holds the first tokens of a statement, without comments.
class StatementWords {
 public:
  explicit StatementWords(std::string_view statement) {
    sql::Lexer lexer(statement, sql::kStarRocks);
    while (tokens_.size() < kMostTokens) {
      Token token = lexer.Next();
      if (token.kind == Token::Kind::kEnd) break;
      if (token.kind != Token::Kind::kComment) tokens_.push_back(std::move(token));
    }
  }

  bool Is(size_t at, std::string_view lower) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kWord &&
           Lower(tokens_[at].value) == lower;
  }
  bool IsDot(size_t at) const { return at < tokens_.size() && tokens_[at].IsSymbol("."); }
  // Returns null beyond the last token.
  const Token* At(size_t at) const { return at < tokens_.size() ? &tokens_[at] : nullptr; }
  // Returns null if the token is not a name.
  const Token* NameAt(size_t at) const {
    return at < tokens_.size() && tokens_[at].IsName() ? &tokens_[at] : nullptr;
  }

 private:
  std::vector<Token> tokens_;
};

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text), lexer_(text, sql::kStarRocks) {}

  absl::StatusOr<std::vector<SqlPiece>> Split() {
    Token token = lexer_.Next();
    for (; token.kind != Token::Kind::kEnd; token = lexer_.Next()) {
      if (token.fault == Token::Fault::kUnterminated) return Unterminated(token);
      if (token.source.starts_with("--")) {
        LineComment(token);
      } else if (token.IsSymbol(";")) {
        EndStatement(token.offset);
      } else {
        AddToStatement(token);
      }
    }
    EndStatement(token.offset);
    return std::move(pieces_);
  }

 private:
  static absl::Status Unterminated(const Token& token) {
    std::string_view what = token.kind == Token::Kind::kComment ? "comment"
                            : token.kind == Token::Kind::kText  ? "text"
                                                                : "name";
    return Error(Reason::REVISION_INVALID,
                 Cat("the ", what, " that begins in line ", token.line, " has no end"), "Close it.",
                 {{"line", Cat(token.line)}});
  }

  void LineComment(const Token& comment) {
    if (comment.column == 1 && comment.source.starts_with("-- +")) EndStatement(comment.offset);
    if (statement_) return;  // the comment is a part of it
    pieces_.push_back({true, std::string(Trim(comment.source.substr(2))), comment.line});
  }

  void AddToStatement(const Token& token) {
    if (!statement_) statement_ = {token.offset, token.line};
  }

  void EndStatement(size_t end) {
    if (!statement_) return;
    std::string_view text = text_.substr(statement_->offset, end - statement_->offset);
    pieces_.push_back({false, std::string(Trim(text)), statement_->line});
    statement_.reset();
  }

  struct Place {
    size_t offset;
    int line;
  };

  const std::string_view text_;
  sql::Lexer lexer_;
  std::optional<Place> statement_;  // where the current statement begins
  std::vector<SqlPiece> pieces_;
};

using Kind = StatementFacts::Kind;

class Describer {
 public:
  explicit Describer(std::string_view sql) : words_(sql) {}

  StatementFacts Describe() {
    if (words_.Is(0, "alter")) {
      Alter();
    } else if (words_.Is(0, "create")) {
      facts_.kind = Kind::kCreate;
      Create();
    } else if (words_.Is(0, "drop")) {
      facts_.kind = Kind::kDrop;
      Drop();
    } else if (words_.Is(0, "insert")) {
      Insert();
    } else if (words_.Is(0, "truncate")) {
      facts_.kind = Kind::kRepeatable;
      NameAt(words_.Is(1, "table") ? 2 : 1);
    } else if (words_.Is(0, "refresh")) {
      facts_.kind = Kind::kRepeatable;
      NameAt(3);
    } else if (words_.Is(0, "select") || words_.Is(0, "show") || words_.Is(0, "analyze")) {
      facts_.kind = Kind::kRepeatable;
    } else if (words_.Is(0, "update")) {
      NameAt(1);
    } else if (words_.Is(0, "delete")) {
      NameAt(2);
    } else if (words_.Is(0, "submit") || words_.Is(0, "with")) {
      facts_.kind = Kind::kDml;
    } else {
      facts_.kind = Kind::kDdl;
    }
    return std::move(facts_);
  }

 private:
  // Returns the index after the name.
  size_t NameAt(size_t at) {
    const Token* first = words_.NameAt(at);
    if (first == nullptr) return at;
    const Token* second = words_.NameAt(at + 2);
    bool qualified = words_.IsDot(at + 1) && second != nullptr;
    facts_.object = qualified ? second->value : first->value;
    if (qualified) facts_.database = first->value;
    return at + (qualified ? 3 : 1);
  }

  // Returns the index after "TABLE", "VIEW", "MATERIALIZED VIEW", "EXTERNAL TABLE", …
  size_t BehindKind(size_t at) const {
    while (words_.Is(at, "or") || words_.Is(at, "replace") || words_.Is(at, "external") ||
           words_.Is(at, "temporary") || words_.Is(at, "materialized")) {
      ++at;
    }
    ++at;
    if (!words_.Is(at, "if")) return at;
    ++at;
    if (words_.Is(at, "not")) ++at;
    return at + 1;
  }

  void Alter() {
    bool table = words_.Is(1, "table"), materialized = words_.Is(1, "materialized");
    facts_.kind = table ? Kind::kAlterTable : Kind::kDdl;
    size_t behind = NameAt(materialized ? 3 : 2);
    if (materialized && (words_.Is(behind, "active") || words_.Is(behind, "inactive"))) {
      facts_.kind = Kind::kRepeatable;
    }
    bool column_rename = words_.Is(behind + 1, "column") || words_.Is(behind + 1, "partition") ||
                         words_.Is(behind + 1, "rollup");
    const Token* renamed = words_.NameAt(behind + 1);
    if (words_.Is(behind, "rename") && !column_rename && renamed != nullptr) {
      facts_.renamed = renamed->value;
    }
    const Token* swapped = words_.NameAt(behind + 2);
    if (words_.Is(behind, "swap") && swapped != nullptr) facts_.swapped = swapped->value;
  }

  void Create() {
    if (words_.Is(1, "index")) return OnTable();
    NameAt(BehindKind(1));
  }

  void Drop() {
    if (words_.Is(1, "index")) return OnTable();
    NameAt(BehindKind(1));
  }

  // Handles CREATE INDEX i ON t.
  void OnTable() {
    facts_.kind = Kind::kAlterTable;
    for (size_t i = 2; words_.At(i) != nullptr; ++i) {
      if (words_.Is(i, "on")) {
        NameAt(i + 1);
        return;
      }
    }
  }

  void Insert() {
    facts_.kind = Kind::kInsert;
    size_t at = 2;
    if (words_.Is(at, "table")) ++at;
    size_t behind = NameAt(at);
    const Token* last = words_.At(behind - 1);
    if (facts_.object.empty() || last == nullptr) return;
    if (words_.Is(behind, "with") && words_.Is(behind + 1, "label")) {
      const Token* label = words_.NameAt(behind + 2);
      if (label != nullptr) facts_.label = label->value;
      return;
    }
    bool partition = words_.Is(behind, "partition") || words_.Is(behind, "temporary");
    if (!partition && !words_.Is(behind, "properties")) facts_.label_at = last->end();
  }

  const StatementWords words_;
  StatementFacts facts_;
};

// Returns true for an ALTER TABLE that the engine completes immediately.
bool IsInstantAlter(std::string_view statement) {
  StatementWords words(statement);
  size_t at = 2;
  while (words.At(at) != nullptr) {
    if (!words.IsDot(at) && words.At(at + 1) != nullptr && !words.IsDot(at + 1)) break;
    ++at;
  }
  ++at;
  if (words.Is(at, "rename") || words.Is(at, "comment") || words.Is(at, "swap")) return true;
  bool partition = words.Is(at + 1, "partition") || words.Is(at + 1, "partitions");
  return (words.Is(at, "add") || words.Is(at, "drop") || words.Is(at, "truncate")) && partition;
}

}  // namespace

absl::StatusOr<std::vector<SqlPiece>> ScanSql(std::string_view text) {
  return Splitter(text).Split();
}

StatementFacts Describe(std::string_view statement) { return Describer(statement).Describe(); }

std::string ClassOf(const SqlStep& step) {
  if (!step.notes.step_class.empty()) return step.notes.step_class;
  StatementWords words(step.statement);
  switch (Describe(step.statement).kind) {
    case Kind::kAlterTable:
      return IsInstantAlter(step.statement) ? "metadata" : "column";
    case Kind::kCreate:
      return "create";
    case Kind::kDrop:
      return "drop";
    case Kind::kInsert:
    case Kind::kDml:
      return "dml";
    case Kind::kDdl:
    case Kind::kRepeatable:
      break;
  }
  if (words.Is(1, "view")) return "view";
  if (words.Is(1, "materialized")) return "mv";
  return words.Is(0, "select") || words.Is(0, "truncate") ? "dml" : "metadata";
}

bool ChangesSession(std::string_view statement) {
  StatementWords words(statement);
  return words.Is(0, "use") ||
         (words.Is(0, "set") && !words.Is(1, "global") && !words.Is(1, "password"));
}

bool MayStartJob(const SqlStep& step) {
  if (step.notes.job.value_or(false)) return true;
  StatementFacts facts = Describe(step.statement);
  if (facts.kind == Kind::kAlterTable) return !IsInstantAlter(step.statement);
  // The text may be a synchronous materialized view.
  return facts.kind == Kind::kCreate && StatementWords(step.statement).Is(1, "materialized") &&
         step.notes.step_class != "create";
}

std::string WithLabel(std::string_view statement, std::string_view label) {
  StatementFacts facts = Describe(statement);
  if (facts.label_at == 0) return std::string(statement);
  return Cat(statement.substr(0, facts.label_at), " WITH LABEL `", label, "`",
             statement.substr(facts.label_at));
}

}  // namespace stateserver::revisions
