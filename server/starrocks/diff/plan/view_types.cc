// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/view_types.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/column_clauses.h"

namespace stateserver::schema {

namespace {

using Types = std::optional<std::pair<DataType, DataType>>;

// Functions whose result has the same type for arguments of any type.
constexpr std::array<std::string_view, 5> kFixed = {"count", "cast", "concat", "concat_ws", "hash"};
// Functions whose result has the type of the argument.
constexpr std::array<std::string_view, 3> kSame = {"max", "min", "any_value"};
constexpr std::array<std::string_view, 5> kOperators = {"+", "-", "*", "/", "%"};

template <size_t kSize>
bool IsOne(const std::array<std::string_view, kSize>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Returns true if the engine regards columns of both types as compatible.
bool AreCompatible(const DataType& from, const DataType& to) {
  auto family = [](const DataType& type) { return type.name == "CHAR" ? "VARCHAR" : type.name; };
  return family(from) == family(to) && from.fields == to.fields;
}

// Returns the type of a sum of values of the type, or "".
std::string_view SumType(const DataType& type) {
  constexpr std::array<std::string_view, 4> kIntegers = {"TINYINT", "SMALLINT", "INT", "BIGINT"};
  if (IsOne(kIntegers, type.name)) return "BIGINT";
  constexpr std::array<std::string_view, 4> kDoubles = {"FLOAT", "DOUBLE", "CHAR", "VARCHAR"};
  if (IsOne(kDoubles, type.name)) return "DOUBLE";
  return type.name == "DECIMAL" || type.name == "LARGEINT" ? std::string_view(type.name) : "";
}

// Frame is an open parenthesis, or the query itself.
struct Frame {
  std::string function;           // of a call; else empty
  bool query = false;             // contains a SELECT
  std::string clause = "select";  // of a query: the clause so far
  size_t item = 0;                // of the outermost query: the position in its SELECT list
};

// OutputReader walks through a query once.
class OutputReader {
 public:
  OutputReader(const std::string& query, const std::vector<ViewColumn>& columns,
               const Retyped& changed)
      : lexed_(Lex(query, "")), columns_(columns), changed_(changed) {}

  Retyped Read() {
    if (lexed_.error) return changed_;
    frames_.push_back({"", true, "", 0});
    for (at_ = 0; at_ + 1 < lexed_.tokens.size(); ++at_) Visit(lexed_.tokens[at_]);
    return std::move(out_);
  }

 private:
  const Token* Neighbor(int distance) const {
    int64_t at = static_cast<int64_t>(at_) + distance;
    return at < 0 || at >= static_cast<int64_t>(lexed_.tokens.size()) ? nullptr
                                                                      : &lexed_.tokens[at];
  }
  bool IsSymbolAt(int distance, std::string_view symbol) const {
    const Token* token = Neighbor(distance);
    return token != nullptr && token->IsSymbol(symbol);
  }

  void Visit(const Token& token) {
    if (token.IsSymbol("(")) return Open();
    if (token.IsSymbol(")")) {
      if (frames_.size() > 1) frames_.pop_back();
      return;
    }
    Frame& frame = frames_.back();
    if (token.IsSymbol(",") && frames_.size() == 1 && frame.clause == "select") ++frame.item;
    if (token.IsSymbol("*")) return Star();
    if (!token.IsName() || IsSymbolAt(1, "(")) return;
    std::string word = Folded(token.value);
    if (token.kind == Token::Kind::kWord && IsClause(word)) {
      frame.query = frame.query || word == "select";
      // Every branch of a UNION has its own list.
      if (word == "select") frame.item = 0;
      frame.clause = word;
      return;
    }
    auto found = changed_.find(word);
    // `c.x` names a relation or a STRUCT, and AS gives a new name.
    const Token* before = Neighbor(-1);
    bool alias = before != nullptr && Folded(before->value) == "as" && !InCall("cast");
    if (found == changed_.end() || alias || IsSymbolAt(1, ".")) return;
    Note(word, found->second);
  }

  static bool IsClause(std::string_view word) {
    constexpr std::array<std::string_view, 8> kClauses = {"select", "from",  "where", "group",
                                                          "having", "order", "on",    "limit"};
    return IsOne(kClauses, word);
  }

  void Open() {
    Frame frame;
    const Token* before = Neighbor(-1);
    if (before != nullptr && before->kind == Token::Kind::kWord) {
      frame.function = Folded(before->value);
    }
    frame.clause = frames_.back().clause;
    frames_.push_back(std::move(frame));
  }

  bool InCall(std::string_view function) const { return frames_.back().function == function; }

  // SELECT * passes every column on.
  void Star() {
    if (frames_.back().clause != "select" || InCall("count")) return;
    const Token* before = Neighbor(-1);
    bool list = before != nullptr &&
                (before->IsSymbol(",") || before->IsSymbol(".") ||
                 Folded(before->value) == "select" || Folded(before->value) == "distinct");
    if (!list) return;
    for (const auto& [name, types] : changed_) {
      if (types && AreCompatible(types->first, types->second)) continue;
      if (frames_.size() == 1 && columns_.empty()) {
        out_[name] = types;
      } else {
        AddAll();
      }
    }
  }

  // A column of any name may have another type.
  void AddAll() {
    for (const ViewColumn& column : columns_) out_[Folded(column.name)] = std::nullopt;
    if (columns_.empty()) out_.insert(changed_.begin(), changed_.end());
  }

  void Note(const std::string& word, Types types) {
    for (size_t i = frames_.size(); i-- > 0;) {
      const Frame& frame = frames_[i];
      // A subquery of FROM or WITH passes its columns on under names that are not followed.
      bool passes = frame.clause == "from" || frame.clause.empty();
      if (passes && i + 1 < frames_.size() && frames_[i + 1].query) return AddAll();
      if (frame.clause != "select") return;  // filters, groups and sorts
      if (IsOne(kFixed, frame.function)) return;
      if (frame.function == "sum" && types) {
        if (SumType(types->first) == SumType(types->second) && !SumType(types->first).empty()) {
          return;
        }
        types = std::nullopt;
      } else if (!frame.function.empty() && !IsOne(kSame, frame.function)) {
        types = std::nullopt;
      }
    }
    if (types && AreCompatible(types->first, types->second) && !InArithmetic(*types)) return;
    if (InArithmetic(std::nullopt)) types = std::nullopt;
    if (frames_.size() > 1 && std::any_of(frames_.begin() + 1, frames_.end(),
                                          [](const Frame& frame) { return frame.query; })) {
      return AddAll();
    }
    out_[NameOfItem(word)] = types;
  }

  // Texts in arithmetic are converted to one type, whatever their length.
  bool InArithmetic(const Types& types) const {
    if (types && types->first.name != "DECIMAL") return false;
    auto is_operator = [&](int distance) {
      const Token* token = Neighbor(distance);
      return token != nullptr && token->kind == Token::Kind::kSymbol &&
             IsOne(kOperators, token->value);
    };
    return is_operator(-1) || is_operator(1);
  }

  // Returns the name of the output column that the current item of the SELECT list makes.
  std::string NameOfItem(const std::string& word) const {
    size_t item = frames_.front().item;
    if (item < columns_.size()) return Folded(columns_[item].name);
    std::string name = word;
    size_t depth = frames_.size() - 1;  // open parentheses
    for (size_t i = at_ + 1; i < lexed_.tokens.size(); ++i) {
      const Token& token = lexed_.tokens[i];
      if (token.IsSymbol("(")) ++depth;
      if (token.IsSymbol(")") && depth > 0) --depth;
      bool end = token.IsSymbol(",") || Folded(token.value) == "from";
      if (depth == 0 && end) break;
      if (token.IsName()) name = Folded(token.value);
    }
    return name;
  }

  const Lexed lexed_;
  const std::vector<ViewColumn>& columns_;
  const Retyped& changed_;
  std::vector<Frame> frames_;
  size_t at_ = 0;
  Retyped out_;
};

}  // namespace

Retyped RetypedColumns(const Table& before, const Table& after) {
  Retyped out;
  const ColumnLookup lookup(before);
  for (const Column& column : after.columns) {
    const Column* old = lookup.Find(column.name);
    if (old == nullptr || old->type == column.type || !old->type || !column.type) continue;
    out[Folded(column.name)] = {*old->type, *column.type};
  }
  return out;
}

Retyped RetypedOutputs(const std::string& query, const std::vector<ViewColumn>& columns,
                       const Retyped& changed) {
  return OutputReader(query, columns, changed).Read();
}

}  // namespace stateserver::schema
