// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/references.h"

#include <algorithm>
#include <array>
#include <map>

#include "common/depth.h"
#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"

namespace stateserver::schema {

namespace {

// ReferenceReader makes one pass over a query's tokens per question, whatever their contents.
class ReferenceReader {
 public:
  ReferenceReader(std::vector<Token> tokens, const std::string& database)
      : tokens_(std::move(tokens)), database_(database) {}

  References Read() {
    FindBrackets();
    NoteWords();
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (IsWord(at, "from") || IsWord(at, "join")) Relations(at + 1);
    }
    return std::move(out_);
  }

 private:
  bool IsWord(size_t at, std::string_view word) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kWord &&
           EqualIgnoringCase(tokens_[at].value, word);
  }
  bool IsSymbol(size_t at, std::string_view symbol) const {
    return at < tokens_.size() && tokens_[at].kind == Token::Kind::kSymbol &&
           tokens_[at].value == symbol;
  }
  bool IsName(size_t at) const {
    return at < tokens_.size() &&
           (tokens_[at].kind == Token::Kind::kWord || tokens_[at].kind == Token::Kind::kQuotedName);
  }

  // Records the position after the bracket that closes each opening one, and the next closing
  // bracket after each position.
  void FindBrackets() {
    seen_.resize(tokens_.size());
    behind_.assign(tokens_.size() + 1, tokens_.size());
    next_close_.assign(tokens_.size() + 1, tokens_.size());
    std::vector<size_t> open;
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (IsSymbol(at, "(")) open.push_back(at);
      if (!IsSymbol(at, ")") || open.empty()) continue;
      behind_[open.back()] = at + 1;
      open.pop_back();
    }
    for (size_t at = tokens_.size(); at-- > 0;) {
      next_close_[at] = IsSymbol(at, ")") ? at : next_close_[at + 1];
    }
  }

  // Records names, `*` after SELECT, a comma or a dot, and the names that WITH defines.
  void NoteWords() {
    for (size_t at = 0; at < tokens_.size(); ++at) {
      if (IsName(at)) out_.words.insert(Lower(tokens_[at].value));
      if (IsName(at) && !IsAlias(at)) out_.columns.insert(Lower(tokens_[at].value));
      if (IsSymbol(at, "*") && at > 0) {
        bool all = IsWord(at - 1, "select") || IsWord(at - 1, "distinct") ||
                   IsSymbol(at - 1, ",") || IsSymbol(at - 1, ".");
        out_.star = out_.star || all;
      }
      if (IsName(at) && IsGiven(at)) given_.insert(tokens_[at].value);
    }
  }

  // An alias follows AS, or directly follows a column or an expression.
  bool IsAlias(size_t at) const {
    if (at == 0) return false;
    const Token& before = tokens_[at - 1];
    if (before.kind == Token::Kind::kSymbol) return before.value == ")";
    if (before.kind != Token::Kind::kWord) return true;
    constexpr std::array<std::string_view, 26> kBefore = {
        "select", "distinct", "all",  "where", "and",  "or",  "not",  "on",      "by",
        "having", "case",     "when", "then",  "else", "in",  "like", "is",      "between",
        "from",   "join",     "with", "using", "end",  "div", "over", "interval"};
    return std::find(kBefore.begin(), kBefore.end(), Lower(before.value)) == kBefore.end();
  }

  // Matches `name AS (` or `name (columns) AS (` after WITH or a comma.
  bool IsGiven(size_t at) const {
    if (at == 0 ||
        !(IsWord(at - 1, "with") || IsWord(at - 1, "recursive") || IsSymbol(at - 1, ","))) {
      return false;
    }
    size_t next = at + 1;
    if (IsSymbol(next, "(")) next = next_close_[next] + 1;
    return IsWord(next, "as") && IsSymbol(next + 1, "(");
  }

  // Reads the list after FROM; subqueries in it have their own FROM.
  void Relations(size_t begin) {
    std::vector<size_t> lists = {begin};  // those in brackets are separate lists
    while (!lists.empty()) {
      size_t at = lists.back();
      lists.pop_back();
      List(at, &lists);
    }
  }

  void List(size_t at, std::vector<size_t>* lists) {
    // A visited position leads to the same names again.
    while (at < tokens_.size() && !seen_[at]) {
      seen_[at] = true;
      if (IsSymbol(at, "(")) {
        if (!IsWord(at + 1, "select") && !IsWord(at + 1, "with") && !IsSymbol(at + 1, "(")) {
          lists->push_back(at + 1);
        }
        at = behind_[at];
      } else if (IsName(at)) {
        at = Relation(at);
      } else {
        return;
      }
      at = BehindAlias(at);
      if (!IsSymbol(at, ",")) return;
      ++at;
    }
  }

  size_t Relation(size_t at) {
    std::vector<std::string> parts = {tokens_[at++].value};
    while (IsSymbol(at, ".") && IsName(at + 1)) {
      parts.push_back(tokens_[at + 1].value);
      at += 2;
    }
    if (IsSymbol(at, "(")) return behind_[at];  // a table function
    bool given = parts.size() == 1 && given_.contains(parts[0]);
    if (parts.size() == 1 && !given) out_.relations.insert({database_, parts[0]});
    if (parts.size() == 2) out_.relations.insert({parts[0], parts[1]});
    if (parts.size() == 3 && Lower(parts[0]) == "default_catalog") {
      out_.relations.insert({parts[1], parts[2]});
    }
    return at;
  }

  size_t BehindAlias(size_t at) const {
    constexpr std::array<std::string_view, 18> kNext = {
        "where", "group", "order", "having", "limit", "join",   "inner", "left",      "right",
        "full",  "cross", "on",    "using",  "union", "except", "minus", "intersect", "lateral"};
    if (IsWord(at, "as")) return IsName(at + 1) ? at + 2 : at + 1;
    if (!IsName(at)) return at;
    for (std::string_view word : kNext) {
      if (IsWord(at, word)) return at;
    }
    return at + 1;
  }

  const std::vector<Token> tokens_;
  const std::string& database_;
  std::vector<bool> seen_;
  std::vector<size_t> behind_, next_close_;
  std::set<std::string> given_;
  References out_;
};

class Sorter {
 public:
  Sorter(const std::vector<const Object*>& objects, ReferenceCache* references)
      : references_(*references) {
    for (const Object* object : objects) by_name_[object->name] = object;
  }

  absl::StatusOr<std::vector<const Object*>> Sort() {
    for (const auto& [name, object] : by_name_) {
      if (std::holds_alternative<Table>(object->definition)) out_.push_back(object);
    }
    for (const auto& [name, object] : by_name_) {
      RETURN_IF_ERROR(Visit(object).status());
    }
    return std::move(out_);
  }

 private:
  // Returns the number of views it reads through; 0 for a table.
  absl::StatusOr<int> Visit(const Object* object) {
    if (std::holds_alternative<Table>(object->definition)) return 0;
    auto [known, is_new] = depths_.try_emplace(object, kOpen);
    if (!is_new) return known->second == kOpen ? Ring(object) : absl::StatusOr<int>(known->second);
    DepthGuard guard(&level_);
    if (guard.TooDeep()) return TooDeep(object);
    path_.push_back(object);
    int depth = 1;
    for (const ObjectName& name : references_.Of(*object).relations) {
      auto found = by_name_.find(name);
      if (found == by_name_.end()) continue;
      ASSIGN_OR_RETURN(int below, Visit(found->second));
      depth = std::max(depth, below + 1);
    }
    path_.pop_back();
    if (depth > kMostDepth) return TooDeep(object);
    depths_[object] = depth;
    out_.push_back(object);
    return depth;
  }

  static absl::Status TooDeep(const Object* object) {
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads through more than ", kMostDepth, " views"),
                 "Change it to read their tables.",
                 {{"file", place.source}, {"line", Cat(place.line)}});
  }

  absl::Status Ring(const Object* object) const {
    std::string ring;
    for (auto at = std::find(path_.begin(), path_.end(), object); at != path_.end(); ++at) {
      AppendTo(&ring, (*at)->name.name, " -> ");
    }
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads itself: ", ring, object->name.name),
                 "Remove one of them from the cycle.",
                 {{"file", place.source}, {"line", Cat(place.line)}});
  }

  static constexpr int kOpen = -1;
  std::map<ObjectName, const Object*> by_name_;
  ReferenceCache& references_;
  std::map<const Object*, int> depths_;
  int level_ = 0;
  std::vector<const Object*> path_, out_;
};

}  // namespace

const References& ReferenceCache::Of(const Object& object) {
  auto [found, is_new] = known_.try_emplace(&object);
  if (is_new) found->second = ReferencesOf(QueryOf(object), object.name.database);
  return found->second;
}

const std::string& QueryOf(const Object& object) {
  static const std::string kNone;
  if (const auto* view = std::get_if<View>(&object.definition)) return view->query;
  if (const auto* view = std::get_if<MaterializedView>(&object.definition)) return view->query;
  return kNone;
}

References ReferencesOf(std::string_view query, const std::string& database) {
  Lexed lexed = Lex(query, "");
  if (lexed.error) return {};
  return ReferenceReader(std::move(lexed.tokens), database).Read();
}

absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references) {
  return Sorter(objects, references).Sort();
}

}  // namespace stateserver::schema
