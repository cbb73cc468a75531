// SPDX-License-Identifier: Apache-2.0
//
// Calls and the expressions that begin with a word of their own.

#include <utility>

#include "common/text.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/token_stream.h"
#include "server/starrocks/query/expression_parser.h"
#include "server/starrocks/query/words.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

NodePtr NewCall(std::string name) {
  NodePtr call = NewNode(Kind::kCall);
  call->parts = {std::move(name)};
  return call;
}

// Returns true if the argument of the function at `index` is a word, not an expression.
bool IsWordArgument(const Node& call, size_t index, std::string_view upper) {
  const std::string name = Upper(call.parts.back());
  if (name == "TIMESTAMPADD" || name == "TIMESTAMPDIFF") return index == 0 && IsTimeUnit(upper);
  if (name == "TIME_SLICE" || name == "DATE_SLICE") return upper == "FLOOR" || upper == "CEIL";
  return false;
}

}  // namespace

// An empty word ends the table.
const ExpressionParser::SpecialForm ExpressionParser::kForms[] = {
    {"ARRAY", "[<", &ExpressionParser::Array},
    {"MAP", "{<", &ExpressionParser::Map},
    {"CASE", "", &ExpressionParser::Case},
    {"CAST", "(", &ExpressionParser::Cast},
    {"TRY_CAST", "(", &ExpressionParser::Cast},
    {"CONVERT", "(", &ExpressionParser::Convert},
    {"EXISTS", "(", &ExpressionParser::Exists},
    {"EXTRACT", "(", &ExpressionParser::Extract},
    {"POSITION", "(", &ExpressionParser::Position},
    {"SUBSTRING", "(", &ExpressionParser::Substring},
    {"SUBSTR", "(", &ExpressionParser::Substring},
    {"TRIM", "(", &ExpressionParser::Trim},
    {"DATE", "'", &ExpressionParser::TypedText},
    {"DATETIME", "'", &ExpressionParser::TypedText},
    {"TIMESTAMP", "'", &ExpressionParser::TypedText},
    {"INTERVAL", "", &ExpressionParser::Interval},
    {"", "", nullptr},
};

NodePtr ExpressionParser::Call(NodePtr call) {
  in_.Consume();
  if (in_.ConsumeWord("DISTINCT")) call->distinct = true;
  if (call->distinct) {
    SkipHint();
  } else {
    in_.ConsumeWord("ALL");
  }
  if (!in_.IsSymbol(")")) {
    do {
      if (!Add(call.get(), Argument(*call, call->children.size()))) return nullptr;
      if (in_.ConsumeWords({"IGNORE", "NULLS"})) call->text = "IGNORE NULLS";
      in_.ConsumeWords({"RESPECT", "NULLS"});
    } while (in_.ConsumeSymbol(","));
  }
  if (!CallClauses(call.get()) || !in_.NeedSymbol(")") || !AfterCall(call.get())) return nullptr;
  return call;
}

// Skips `[skew]` before an expression; `[a]` alone is an array.
void ExpressionParser::SkipHint() {
  if (!in_.IsSymbol("[") || in_.Peek(1).kind != Token::Kind::kWord) return;
  size_t end = 2;
  while (in_.IsSymbol(",", end) && in_.Peek(end + 1).kind == Token::Kind::kWord) end += 2;
  const bool hint = in_.IsSymbol("]", end) && in_.Peek(end + 1).kind != Token::Kind::kSymbol;
  for (size_t i = 0; hint && i <= end; ++i) in_.Consume();
}

NodePtr ExpressionParser::Argument(const Node& call, size_t index) {
  if (in_.IsSymbol("*")) return in_.Consume(), NewNode(Kind::kStar);
  const Token& token = in_.Peek();
  if (token.kind == Token::Kind::kWord && IsWordArgument(call, index, Upper(token.value))) {
    return NewNode(Kind::kWord, Upper(in_.Consume().value));
  }
  if (token.IsName() && in_.IsSymbol("=", 1) && in_.IsSymbol(">", 2)) {
    NodePtr named = NewNode(Kind::kNamed, Lower(in_.Consume().value));
    in_.Consume();
    in_.Consume();
    return Add(named.get(), Expression()) ? std::move(named) : nullptr;
  }
  return AtQuery() ? Subquery() : Expression();
}

// Reads the clauses before the closing bracket.
bool ExpressionParser::CallClauses(Node* call) {
  if (in_.ConsumeWords({"ORDER", "BY"}) && !Add(call, SortKeys())) return false;
  if (!in_.ConsumeWord("SEPARATOR")) return true;
  std::string text;
  if (!in_.Text("a text in quotes", &text)) return false;
  return Add(call, NewNode(Kind::kSeparator, std::move(text)));
}

bool ExpressionParser::AfterCall(Node* call) {
  if (in_.IsWord("FILTER") && in_.IsSymbol("(", 1)) {
    in_.Consume();
    in_.Consume();
    NodePtr filter = NewNode(Kind::kFilter);
    bool read = in_.NeedWord("WHERE") && Add(filter.get(), Expression()) && in_.NeedSymbol(")");
    if (!read || !Add(call, std::move(filter))) return false;
  }
  if (in_.ConsumeWords({"IGNORE", "NULLS"})) call->text = "IGNORE NULLS";
  in_.ConsumeWords({"RESPECT", "NULLS"});
  return !in_.ConsumeWord("OVER") || Add(call, Window());
}

NodePtr ExpressionParser::Window() {
  NodePtr window = NewNode(Kind::kWindow);
  if (!in_.NeedSymbol("(")) return nullptr;
  SkipHint();
  NodePtr partition = NewNode(Kind::kList), order;
  if (in_.ConsumeWords({"PARTITION", "BY"})) partition = List();
  if (partition != nullptr && in_.ConsumeWords({"ORDER", "BY"})) {
    order = SortKeys();
    if (order == nullptr) return nullptr;
  }
  if (partition == nullptr) return nullptr;
  if (!in_.IsSymbol(")")) {
    if (!in_.IsWord("ROWS") && !in_.IsWord("RANGE") && !in_.IsWord("GROUPS")) {
      return in_.Fail("ROWS, RANGE or `)`"), nullptr;
    }
    if (!in_.Expression("a frame", {}, &window->text)) return nullptr;
    window->text = Upper(window->text);
  }
  window->children.push_back(std::move(partition));
  window->children.push_back(std::move(order));
  return in_.NeedSymbol(")") ? std::move(window) : nullptr;
}

bool ExpressionParser::ReadType(DataType* out) {
  const bool short_text = (in_.IsWord("VARCHAR") || in_.IsWord("CHAR")) && !in_.IsSymbol("(", 1);
  if (in_.IsWord("SIGNED") || in_.IsWord("UNSIGNED")) {
    out->name = Upper(in_.Consume().value);
    if (!in_.ConsumeWord("INT")) in_.ConsumeWord("INTEGER");
    return true;
  }
  if (!ParseType(&in_, out)) return false;
  if (short_text) out->length.reset();
  return true;
}

// Reads a type in a cast.
bool ExpressionParser::NeedType(Node* out) {
  DataType type;
  if (!ReadType(&type)) return false;
  out->type = std::make_shared<DataType>(std::move(type));
  return true;
}

NodePtr ExpressionParser::Array(std::string_view upper) {
  NodePtr array = NewNode(Kind::kArray);
  if (!upper.empty() && in_.ConsumeSymbol("<")) {
    if (!NeedType(array.get()) || !in_.NeedSymbol(">")) return nullptr;
  }
  if (!in_.NeedSymbol("[")) return nullptr;
  if (in_.ConsumeSymbol("]")) return array;
  do {
    if (!Add(array.get(), Expression())) return nullptr;
  } while (in_.ConsumeSymbol(","));
  return in_.NeedSymbol("]") ? std::move(array) : nullptr;
}

NodePtr ExpressionParser::Map(std::string_view) {
  NodePtr map = NewNode(Kind::kMap);
  if (in_.ConsumeSymbol("<")) {
    DataType type;
    type.name = "MAP";
    type.fields.resize(2);
    bool read = ReadType(&type.fields[0].type) && in_.NeedSymbol(",") &&
                ReadType(&type.fields[1].type) && in_.NeedSymbol(">");
    if (!read) return nullptr;
    map->type = std::make_shared<DataType>(std::move(type));
  }
  if (!in_.NeedSymbol("{")) return nullptr;
  if (in_.ConsumeSymbol("}")) return map;
  do {
    bool read = Add(map.get(), Expression()) && in_.NeedSymbol(":") && Add(map.get(), Expression());
    if (!read) return nullptr;
  } while (in_.ConsumeSymbol(","));
  return in_.NeedSymbol("}") ? std::move(map) : nullptr;
}

NodePtr ExpressionParser::Case(std::string_view) {
  NodePtr node = NewNode(Kind::kCase);
  node->children.resize(2);
  if (!in_.IsWord("WHEN")) {
    node->children[0] = Expression();
    if (node->children[0] == nullptr) return nullptr;
  }
  if (!in_.IsWord("WHEN")) return in_.Fail("WHEN"), nullptr;
  while (in_.ConsumeWord("WHEN")) {
    bool read =
        Add(node.get(), Expression()) && in_.NeedWord("THEN") && Add(node.get(), Expression());
    if (!read) return nullptr;
  }
  if (in_.ConsumeWord("ELSE")) {
    node->children[1] = Expression();
    if (node->children[1] == nullptr) return nullptr;
  }
  return in_.NeedWord("END") ? std::move(node) : nullptr;
}

NodePtr ExpressionParser::Cast(std::string_view upper) {
  NodePtr cast = NewNode(Kind::kCast, std::string(upper));
  bool read = in_.NeedSymbol("(") && Add(cast.get(), Expression()) && in_.NeedWord("AS") &&
              NeedType(cast.get()) && in_.NeedSymbol(")");
  return read ? std::move(cast) : nullptr;
}

// CONVERT(value, type)
NodePtr ExpressionParser::Convert(std::string_view) {
  NodePtr cast = NewNode(Kind::kCast, "CAST");
  bool read = in_.NeedSymbol("(") && Add(cast.get(), Expression()) && in_.NeedSymbol(",") &&
              NeedType(cast.get()) && in_.NeedSymbol(")");
  return read ? std::move(cast) : nullptr;
}

NodePtr ExpressionParser::Exists(std::string_view) {
  in_.Consume();
  NodePtr exists = NewNode(Kind::kExists);
  NodePtr value = Parenthesis();
  if (value == nullptr) return nullptr;
  if (value->kind != Kind::kSubquery) return in_.Fail("a subquery"), nullptr;
  exists->children.push_back(std::move(value->children[0]));
  return exists;
}

// EXTRACT(unit FROM value) is the call of a function with the unit's name.
NodePtr ExpressionParser::Extract(std::string_view) {
  in_.Consume();
  if (!in_.Peek().IsName()) return in_.Fail("a unit of time"), nullptr;
  NodePtr call = NewCall(Lower(in_.Consume().value));
  bool read = in_.NeedWord("FROM") && Add(call.get(), Expression()) && in_.NeedSymbol(")");
  return read ? std::move(call) : nullptr;
}

// Without a value, `interval` is a name.
NodePtr ExpressionParser::Interval(std::string_view) {
  const Token& token = in_.Peek();
  const bool value = token.kind == Token::Kind::kNumber || token.kind == Token::Kind::kText ||
                     token.kind == Token::Kind::kQuotedName || in_.IsSymbol("(") ||
                     in_.IsSymbol("-") ||
                     (token.kind == Token::Kind::kWord && !IsReserved(token.value) &&
                      !IsClauseWord(Upper(token.value)));
  if (!value) {
    NodePtr name = NewNode(Kind::kName);
    name->parts = {"interval"};
    return name;
  }
  NodePtr interval = NewNode(Kind::kInterval);
  if (!Add(interval.get(), Expression())) return nullptr;
  interval->text = Upper(in_.Peek().value);
  if (!IsTimeUnit(interval->text)) return in_.Fail("a unit of time"), nullptr;
  in_.Consume();
  return interval;
}

// POSITION(part IN text)
NodePtr ExpressionParser::Position(std::string_view) {
  NodePtr call = NewCall("position");
  in_.Consume();
  if (!Add(call.get(), Operators(Precedence::kShift))) return nullptr;
  if (!in_.ConsumeWord("IN") && !in_.NeedSymbol(",")) return nullptr;
  return Add(call.get(), Expression()) && in_.NeedSymbol(")") ? std::move(call) : nullptr;
}

// SUBSTRING(text FROM start FOR length) is substring(text, start, length).
NodePtr ExpressionParser::Substring(std::string_view upper) {
  NodePtr call = NewCall(Lower(upper));
  in_.Consume();
  if (!Add(call.get(), Expression())) return nullptr;
  while (in_.ConsumeSymbol(",") || in_.ConsumeWord("FROM") || in_.ConsumeWord("FOR")) {
    if (!Add(call.get(), Expression())) return nullptr;
  }
  return in_.NeedSymbol(")") ? std::move(call) : nullptr;
}

// TRIM(BOTH characters FROM text) is trim(text, characters); LEADING and TRAILING are ltrim and
// rtrim.
NodePtr ExpressionParser::Trim(std::string_view) {
  NodePtr call = NewCall("trim");
  in_.Consume();
  auto side = [&](std::string_view word, std::string_view function) {
    if (!in_.IsWord(word) || in_.IsSymbol(",", 1) || in_.IsSymbol(")", 1)) return false;
    in_.Consume();
    call->parts = {std::string(function)};
    return true;
  };
  side("BOTH", "trim") || side("LEADING", "ltrim") || side("TRAILING", "rtrim");
  if (in_.ConsumeWord("FROM")) {
    if (!Add(call.get(), Expression())) return nullptr;
  } else {
    if (!Add(call.get(), Expression())) return nullptr;
    if (in_.ConsumeSymbol(",")) {
      if (!Add(call.get(), Expression())) return nullptr;
    } else if (in_.ConsumeWord("FROM")) {
      if (!Add(call.get(), Expression())) return nullptr;
      std::swap(call->children[0], call->children[1]);
    }
  }
  return in_.NeedSymbol(")") ? std::move(call) : nullptr;
}

// DATE 'text'; the engine prints only the text.
NodePtr ExpressionParser::TypedText(std::string_view upper) {
  NodePtr text = NewNode(Kind::kText, in_.Consume().value);
  DataType type;
  type.name = upper == "DATE" ? "DATE" : "DATETIME";
  text->type = std::make_shared<DataType>(std::move(type));
  return text;
}

}  // namespace stateserver::schema::query
