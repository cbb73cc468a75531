// SPDX-License-Identifier: Apache-2.0

#include "revisions/sql_scan.h"

#include "common/error.h"
#include "common/text.h"
#include "revisions/words.h"

namespace stateserver::revisions {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<SqlPiece>> Run() {
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
    Take(1);
    return absl::OkStatus();
  }

  // Adds what is next to the statement; white space does not begin one.
  void Take(size_t count) {
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
      Take(comment.size());
      return absl::OkStatus();
    }
    pieces_.push_back({true, std::string(Stripped(comment.substr(2))), line_});
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
    Take(at + close.size() - at_);
    return absl::OkStatus();
  }

  void EndStatement() {
    std::string_view stripped = Stripped(statement_);
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

}  // namespace

absl::StatusOr<std::vector<SqlPiece>> ScanSql(std::string_view text) { return Scanner(text).Run(); }

}  // namespace stateserver::revisions
