// SPDX-License-Identifier: Apache-2.0

#include "revisions/statement.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {

namespace {

// Word is one word or symbol at the beginning of a statement.
struct Word {
  std::string text;   // without quotes
  std::string lower;  // empty for a quoted name
  size_t begin = 0, end = 0;
  char symbol = 0;  // a single character that is not a word
};

// StatementWords splits a statement into words. Comments are skipped; a text in quotes is one
// symbol.
class StatementWords {
 public:
  explicit StatementWords(std::string_view sql);

  bool Is(size_t at, std::string_view lower) const {
    return at < words_.size() && words_[at].lower == lower;
  }
  // Returns null beyond the last word.
  const Word* At(size_t at) const { return at < words_.size() ? &words_[at] : nullptr; }

 private:
  bool Next();
  void SkipBlanks();

  const std::string_view sql_;
  size_t at_ = 0;
  std::vector<Word> words_;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<SqlPiece>> Scan() {
    while (at_ < text_.size()) RETURN_IF_ERROR(Next());
    EndStatement();
    return std::move(pieces_);
  }

 private:
  bool Sees(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  absl::Status Next() {
    char c = text_[at_];
    if (Sees("--")) return LineComment();
    if (Sees("/*")) return Enclosed("/*", "*/", /*escapes=*/false, "comment");
    if (c == '\'') return Enclosed("'", "'", /*escapes=*/true, "text");
    if (c == '"') return Enclosed("\"", "\"", /*escapes=*/true, "text");
    if (c == '`') return Enclosed("`", "`", /*escapes=*/false, "name");
    if (c == ';') {
      EndStatement();
      ++at_;
      return absl::OkStatus();
    }
    Consume(1);
    return absl::OkStatus();
  }

  // Adds the next piece to the statement; white space does not begin one.
  void Consume(size_t count) {
    for (size_t end = at_ + count; at_ < end && at_ < text_.size(); ++at_) {
      char c = text_[at_];
      bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (statement_.empty() && !blank) statement_line_ = line_;
      if (!statement_.empty() || !blank) statement_.push_back(c);
      if (c == '\n') ++line_;
    }
  }

  absl::Status LineComment() {
    size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view comment = text_.substr(at_, end - at_);
    bool first = at_ == 0 || text_[at_ - 1] == '\n';
    if (first && comment.substr(0, 4) == "-- +") EndStatement();
    if (!statement_.empty()) {
      Consume(comment.size());
      return absl::OkStatus();
    }
    pieces_.push_back({true, std::string(Trim(comment.substr(2))), line_});
    at_ = end;
    return absl::OkStatus();
  }

  absl::Status Enclosed(std::string_view open, std::string_view close, bool escapes,
                        std::string_view what) {
    size_t at = at_ + open.size();
    while (at < text_.size() && text_.substr(at, close.size()) != close) {
      at += escapes && text_[at] == '\\' ? 2 : 1;
    }
    if (at >= text_.size()) {
      return Error(Reason::REVISION_INVALID,
                   Cat("the ", what, " that begins in line ", line_, " has no end"), "Close it.",
                   {{"line", Cat(line_)}});
    }
    Consume(at + close.size() - at_);
    return absl::OkStatus();
  }

  void EndStatement() {
    std::string_view stripped = Trim(statement_);
    if (!stripped.empty()) pieces_.push_back({false, std::string(stripped), statement_line_});
    statement_.clear();
  }

  const std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  std::string statement_;
  int statement_line_ = 1;
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
    const Word* first = words_.At(at);
    if (first == nullptr || first->symbol != 0) return at;
    const Word *dot = words_.At(at + 1), *second = words_.At(at + 2);
    bool qualified =
        dot != nullptr && dot->symbol == '.' && second != nullptr && second->symbol == 0;
    facts_.object = qualified ? second->text : first->text;
    if (qualified) facts_.database = first->text;
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
    const Word* renamed = words_.At(behind + 1);
    if (words_.Is(behind, "rename") && !column_rename && renamed != nullptr) {
      facts_.renamed = renamed->text;
    }
    const Word* swapped = words_.At(behind + 2);
    if (words_.Is(behind, "swap") && swapped != nullptr) facts_.swapped = swapped->text;
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
    const Word* last = words_.At(behind - 1);
    if (facts_.object.empty() || last == nullptr) return;
    if (words_.Is(behind, "with") && words_.Is(behind + 1, "label")) {
      const Word* label = words_.At(behind + 2);
      if (label != nullptr) facts_.label = label->text;
      return;
    }
    bool partition = words_.Is(behind, "partition") || words_.Is(behind, "temporary");
    if (!partition && !words_.Is(behind, "properties")) facts_.label_at = last->end;
  }

  const StatementWords words_;
  StatementFacts facts_;
};

// Returns true for an ALTER TABLE that the engine completes immediately.
bool IsInstantAlter(std::string_view statement) {
  StatementWords words(statement);
  size_t at = 2;
  while (const Word* word = words.At(at)) {
    if (word->symbol != '.' && words.At(at + 1) != nullptr && words.At(at + 1)->symbol != '.')
      break;
    ++at;
  }
  ++at;
  if (words.Is(at, "rename") || words.Is(at, "comment") || words.Is(at, "swap")) return true;
  bool partition = words.Is(at + 1, "partition") || words.Is(at + 1, "partitions");
  return (words.Is(at, "add") || words.Is(at, "drop") || words.Is(at, "truncate")) && partition;
}

constexpr size_t kMost = 24;

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

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

}  // namespace

absl::StatusOr<std::vector<SqlPiece>> ScanSql(std::string_view text) {
  return Scanner(text).Scan();
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
