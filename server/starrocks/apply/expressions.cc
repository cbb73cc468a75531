// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/expressions.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/depth.h"
#include "common/text.h"
#include "server/starrocks/apply/functions.h"
#include "server/starrocks/ddl/clauses.h"
#include "server/starrocks/ddl/lexer.h"

namespace stateserver::apply {
namespace {

using schema::Token;
using schema::TokenStream;

// The smallest integer type that holds the number.
DataType IntegerType(std::string_view digits) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kMost = {
      {{"127", "TINYINT"},
       {"32767", "SMALLINT"},
       {"2147483647", "INT"},
       {"9223372036854775807", "BIGINT"}}};
  for (const auto& [most, name] : kMost) {
    if (digits.size() < most.size() || (digits.size() == most.size() && digits <= most)) {
      return ScalarType(name);
    }
  }
  return ScalarType("LARGEINT");
}

// A binary operator and how tightly it binds.
struct Operator {
  std::string_view text;
  int level;
};
constexpr int kOr = 1, kAnd = 2, kNot = 3, kCompare = 4, kBits = 5, kSum = 6, kProduct = 7;
constexpr Operator kOperators[] = {
    {"OR", kOr},       {"||", kOr},       {"AND", kAnd},    {"&&", kAnd},    {"=", kCompare},
    {"<=>", kCompare}, {"<>", kCompare},  {"!=", kCompare}, {"<", kCompare}, {">", kCompare},
    {"<=", kCompare},  {">=", kCompare},  {"|", kBits},     {"&", kBits},    {"^", kBits},
    {"+", kSum},       {"-", kSum},       {"*", kProduct},  {"/", kProduct}, {"%", kProduct},
    {"DIV", kProduct}, {"MOD", kProduct},
};

class ExpressionReader {
 public:
  ExpressionReader(TokenStream* in, const Names& names) : in_(*in), names_(names) {}

  Verdict Read(Expression* out) { return Binary(kOr, out); }

 private:
  Verdict NotUnderstood() const {
    return Unknown(Cat("what `", schema::Shown(in_.Peek().source), "` means in an expression"));
  }

  const Operator* Next() const {
    const Token& token = in_.Peek();
    for (const Operator& one : kOperators) {
      bool word = token.kind == Token::Kind::kWord && EqualIgnoringCase(token.value, one.text);
      if (word || token.IsSymbol(one.text)) return &one;
    }
    return nullptr;
  }

  static void Merge(const Expression& from, Expression* out) {
    out->aggregates = out->aggregates || from.aggregates;
    out->columns.insert(from.columns.begin(), from.columns.end());
    MergeInputs(from, out);
  }

  static void MergeInputs(const Expression& from, Expression* out) {
    out->all.insert(from.all.begin(), from.all.end());
    out->inputs.append(from.inputs);
    out->name.clear();
    out->source = {};
  }

  Verdict Binary(int level, Expression* out) {
    DepthGuard guard(in_.depth());
    if (guard.TooDeep()) return Unknown("an expression that is nested too deeply");
    if (level <= kNot && in_.ConsumeWord("NOT")) {
      RETURN_UNLESS_TAKEN(Binary(kCompare, out));
      *out = Boolean(*out);
    } else {
      RETURN_UNLESS_TAKEN(Unary(out));
    }
    while (true) {
      if (level <= kCompare) {
        bool found = false;
        RETURN_UNLESS_TAKEN(Predicate(out, &found));
        if (found) continue;
      }
      const Operator* op = Next();
      if (op == nullptr || op->level < level) return Taken();
      in_.Consume();
      Expression right;
      RETURN_UNLESS_TAKEN(Binary(op->level + 1, &right));
      Combine(*op, right, out);
    }
  }

  static Expression Boolean(const Expression& of) {
    Expression out;
    Merge(of, &out);
    out.type = ScalarType("BOOLEAN");
    out.certain = true;
    return out;
  }

  static void Combine(const Operator& op, const Expression& right, Expression* out) {
    Expression all = op.level <= kCompare ? Boolean(*out) : Expression{};
    Merge(*out, &all);
    Merge(right, &all);
    if (op.level >= kSum && op.text.size() == 1) {
      all.type = ArithmeticType(op.text[0], out->type, right.type);
      all.certain = out->certain && right.certain && all.type && all.type->name != "DECIMAL";
    }
    *out = std::move(all);
  }

  // Reads IS, IN, BETWEEN, LIKE and REGEXP.
  Verdict Predicate(Expression* out, bool* found) {
    *found = true;
    if (in_.ConsumeWord("IS")) {
      in_.ConsumeWord("NOT");
      if (!in_.ConsumeWord("NULL")) return NotUnderstood();
      *out = Boolean(*out);
      return Taken();
    }
    bool negated = in_.IsWord("NOT") &&
                   (in_.IsWord("IN", 1) || in_.IsWord("BETWEEN", 1) || in_.IsWord("LIKE", 1) ||
                    in_.IsWord("REGEXP", 1) || in_.IsWord("RLIKE", 1));
    if (negated) in_.Consume();
    Expression other, last;
    if (in_.ConsumeWord("BETWEEN")) {
      RETURN_UNLESS_TAKEN(Binary(kBits, &other));
      if (!in_.ConsumeWord("AND")) return NotUnderstood();
      RETURN_UNLESS_TAKEN(Binary(kBits, &last));
    } else if (in_.ConsumeWord("LIKE") || in_.ConsumeWord("REGEXP") || in_.ConsumeWord("RLIKE")) {
      RETURN_UNLESS_TAKEN(Binary(kBits, &other));
    } else if (in_.ConsumeWord("IN")) {
      if (!in_.ConsumeSymbol("(")) return NotUnderstood();
      RETURN_UNLESS_TAKEN(QueryOrList(&other));
    } else {
      *found = false;
      return Taken();
    }
    Merge(other, out);
    Merge(last, out);
    *out = Boolean(*out);
    return Taken();
  }

  bool AtQuery() const { return in_.IsWord("SELECT") || in_.IsWord("WITH"); }

  // Reads what follows an opening bracket, up to the closing one.
  Verdict QueryOrList(Expression* out) {
    if (AtQuery()) {
      RETURN_UNLESS_TAKEN(names_.query(&in_, &out->type));
    } else {
      size_t count = 0;
      do {
        Expression item;
        RETURN_UNLESS_TAKEN(Read(&item));
        if (count++ == 0) {
          *out = std::move(item);
        } else {
          Merge(item, out);
          out->type.reset();
        }
      } while (in_.ConsumeSymbol(","));
    }
    return in_.ConsumeSymbol(")") ? Taken() : NotUnderstood();
  }

  Verdict Unary(Expression* out) {
    if (in_.ConsumeSymbol("-") || in_.ConsumeSymbol("+") || in_.ConsumeSymbol("~")) {
      bool number = in_.Peek().kind == Token::Kind::kNumber;
      RETURN_UNLESS_TAKEN(Unary(out));
      if (number) return Taken();
      // As if multiplied by a number.
      out->type = ArithmeticType('-', out->type, ScalarType("INT"));
      out->certain = false;
      out->name.clear();
      return Taken();
    }
    RETURN_UNLESS_TAKEN(Primary(out));
    if (in_.IsSymbol("[")) return NotUnderstood();
    while (in_.IsSymbol("->") && in_.Peek(1).kind == Token::Kind::kText) {
      in_.Consume(), in_.Consume();
      out->type = ScalarType("JSON");
      out->certain = false;
      out->name.clear();
    }
    return Taken();
  }

  Verdict Primary(Expression* out) {
    const Token& token = in_.Peek();
    switch (token.kind) {
      case Token::Kind::kNumber:
        return Number(out);
      case Token::Kind::kText:
        in_.Consume();
        out->type = ScalarType("VARCHAR");
        return Taken();
      case Token::Kind::kWord:
      case Token::Kind::kQuotedName:
        return Word(out);
      default:
        break;
    }
    if (in_.ConsumeSymbol("(")) return QueryOrList(out);
    if (in_.IsSymbol("*")) return Unknown("what `*` means in an expression");
    return NotUnderstood();
  }

  Verdict Number(Expression* out) {
    const std::string& text = in_.Consume().value;
    bool whole = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (whole) {
      out->type = IntegerType(text);
      out->certain = true;
      return Taken();
    }
    size_t point = text.find('.');
    bool exact = text.find_first_of("eExX") == text.npos && point != text.npos;
    if (!exact) return Taken();
    DataType type = ScalarType("DECIMAL");
    type.scale = static_cast<int>(text.size() - point - 1);
    type.precision = static_cast<int>(text.size() - 1);
    out->type = type;
    return Taken();
  }

  Verdict Word(Expression* out) {
    bool plain = in_.Peek().kind == Token::Kind::kWord;
    if (plain) {
      if (in_.ConsumeWord("NULL")) return Taken();
      if (in_.ConsumeWord("TRUE") || in_.ConsumeWord("FALSE")) {
        out->type = ScalarType("BOOLEAN");
        out->certain = true;
        return Taken();
      }
      if (in_.IsWord("CASE")) return Case(out);
      if (in_.IsWord("EXISTS") && in_.IsSymbol("(", 1)) return Exists(out);
      if (in_.IsWord("CAST") && in_.IsSymbol("(", 1)) return Cast(out);
      if (in_.IsWord("INTERVAL")) return Interval(out);
      if (in_.IsWord("EXTRACT") && in_.IsSymbol("(", 1)) return Extract(out);
      if (in_.Peek(1).kind == Token::Kind::kText &&
          (in_.IsWord("DATE") || in_.IsWord("DATETIME"))) {
        out->type = ScalarType(Upper(in_.Consume().value));
        in_.Consume();
        return Taken();
      }
      if (in_.IsSymbol("(", 1)) return Call(out);
      if (schema::IsReserved(in_.Peek().value)) return NotUnderstood();
    }
    std::vector<std::string> parts = {in_.Consume().value};
    while (in_.IsSymbol(".") && in_.Peek(1).IsName()) {
      in_.Consume();
      parts.push_back(in_.Consume().value);
    }
    Verdict found = names_.column(parts, &out->source);
    if (found.refused() && plain && MayBeAnother(parts)) {
      return Unknown(Cat("what `", parts[0], "` means in an expression"));
    }
    RETURN_UNLESS_TAKEN(std::move(found));
    out->type = out->source.type;
    out->certain = out->type.has_value();
    out->name = parts.back();
    out->columns.insert(Lower(parts.back()));
    out->all = out->columns;
    out->inputs = Cat(Lower(parts.back()), " ", out->type ? MessageType(*out->type) : "?",
                      out->source.inputs, ";");
    return Taken();
  }

  // Words that stand without brackets for a value, those before another word, those that begin a
  // collection (`map{'a': 1}`, `ARRAY<INT>[1]`), and parameters of a lambda or named arguments.
  bool MayBeAnother(const std::vector<std::string>& parts) const {
    constexpr std::array<std::string_view, 3> kCollections = {"ARRAY", "MAP", "STRUCT"};
    constexpr std::array<std::string_view, 8> kValues = {
        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
        "CURRENT_ROLE", "LOCALTIME",    "LOCALTIMESTAMP",    "CURRENT_GROUP"};
    std::string upper = Upper(parts[0]);
    bool value = std::find(kValues.begin(), kValues.end(), upper) != kValues.end();
    const Token& next = in_.Peek();
    bool collection = next.IsSymbol("{") || ((next.IsSymbol("<") || next.IsSymbol("[")) &&
                                             std::find(kCollections.begin(), kCollections.end(),
                                                       upper) != kCollections.end());
    bool parameter = next.IsSymbol("->") || next.IsSymbol("=>");
    return value || collection || parameter ||
           (next.kind == Token::Kind::kWord && !schema::IsReserved(next.value));
  }

  // TIMESTAMPDIFF and others take a unit first.
  bool ConsumeUnit() {
    constexpr std::array<std::string_view, 9> kUnits = {
        "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND"};
    bool unit = in_.IsSymbol(",", 1) && std::any_of(kUnits.begin(), kUnits.end(),
                                                    [&](auto word) { return in_.IsWord(word); });
    if (unit) in_.Consume(), in_.Consume();
    return unit;
  }

  Verdict Case(Expression* out) {
    in_.Consume();
    Expression part;
    std::vector<std::optional<DataType>> results;
    if (!in_.IsWord("WHEN")) RETURN_UNLESS_TAKEN(Sub(out));
    while (in_.ConsumeWord("WHEN")) {
      RETURN_UNLESS_TAKEN(Sub(out));
      if (!in_.ConsumeWord("THEN")) return NotUnderstood();
      RETURN_UNLESS_TAKEN(Sub(out, &results));
    }
    if (in_.ConsumeWord("ELSE")) RETURN_UNLESS_TAKEN(Sub(out, &results));
    if (!in_.ConsumeWord("END")) return NotUnderstood();
    bool same = !results.empty() && std::all_of(results.begin(), results.end(), [&](auto& one) {
      return one && results[0] && *one == *results[0];
    });
    if (same) out->type = results[0];
    return Taken();
  }

  Verdict Sub(Expression* out, std::vector<std::optional<DataType>>* types = nullptr) {
    Expression part;
    RETURN_UNLESS_TAKEN(Read(&part));
    Merge(part, out);
    if (types != nullptr) types->push_back(part.type);
    return Taken();
  }

  Verdict Exists(Expression* out) {
    in_.Consume(), in_.Consume();
    if (!AtQuery()) return NotUnderstood();
    RETURN_UNLESS_TAKEN(QueryOrList(out));
    out->type = ScalarType("BOOLEAN");
    return Taken();
  }

  Verdict Cast(Expression* out) {
    in_.Consume(), in_.Consume();
    RETURN_UNLESS_TAKEN(Sub(out));
    DataType type;
    if (!in_.ConsumeWord("AS") || !schema::ParseType(&in_, &type) || !in_.ConsumeSymbol(")")) {
      return NotUnderstood();
    }
    out->type = type;
    out->certain = true;
    return Taken();
  }

  Verdict Extract(Expression* out) {
    in_.Consume(), in_.Consume();
    if (in_.Peek().kind != Token::Kind::kWord) return NotUnderstood();
    in_.Consume();
    if (!in_.ConsumeWord("FROM")) return NotUnderstood();
    RETURN_UNLESS_TAKEN(Sub(out));
    return in_.ConsumeSymbol(")") ? Taken() : NotUnderstood();
  }

  Verdict Interval(Expression* out) {
    in_.Consume();
    RETURN_UNLESS_TAKEN(Sub(out));
    if (in_.Peek().kind != Token::Kind::kWord) return NotUnderstood();
    in_.Consume();
    return Taken();
  }

  Verdict Call(Expression* out) {
    std::string name = Lower(in_.Consume().value);
    if (!IsKnownFunction(name)) return Unknown(Cat("the function ", name));
    in_.Consume();
    in_.ConsumeWord("DISTINCT");
    if (name.starts_with("timestamp")) ConsumeUnit();
    Expression inside;
    std::vector<std::optional<DataType>> types;
    if (in_.IsSymbol("*") && in_.IsSymbol(")", 1)) in_.Consume();
    if (!in_.IsSymbol(")")) {
      do {
        RETURN_UNLESS_TAKEN(Sub(&inside, &types));
      } while (in_.ConsumeSymbol(","));
    }
    if (IsAggregate(name)) RETURN_UNLESS_TAKEN(ItemOrder(&inside));
    if (!in_.ConsumeSymbol(")")) return NotUnderstood();
    bool window = in_.ConsumeWord("OVER");
    if (window) RETURN_UNLESS_TAKEN(Window(&inside));
    bool aggregate = IsAggregate(name) && !window;
    if (aggregate && inside.aggregates) return Unknown("an aggregate function inside another");
    if (aggregate) {
      MergeInputs(inside, out);
    } else {
      Merge(inside, out);
    }
    out->aggregates = out->aggregates || aggregate;
    out->type = ResultType(name, types);
    return Taken();
  }

  // Reads ORDER BY and SEPARATOR in the brackets of an aggregate function.
  Verdict ItemOrder(Expression* inside) {
    if (in_.ConsumeWords({"ORDER", "BY"})) {
      do {
        RETURN_UNLESS_TAKEN(Sub(inside));
        if (!in_.ConsumeWord("ASC")) in_.ConsumeWord("DESC");
      } while (in_.ConsumeSymbol(","));
    }
    if (!in_.ConsumeWord("SEPARATOR")) return Taken();
    std::string separator;
    return in_.Text("a separator", &separator) ? Taken() : NotUnderstood();
  }

  Verdict Window(Expression* inside) {
    if (!in_.ConsumeSymbol("(")) return NotUnderstood();
    if (in_.ConsumeWords({"PARTITION", "BY"})) {
      do {
        RETURN_UNLESS_TAKEN(Sub(inside));
      } while (in_.ConsumeSymbol(","));
    }
    if (in_.ConsumeWords({"ORDER", "BY"})) {
      do {
        RETURN_UNLESS_TAKEN(Sub(inside));
        if (!in_.ConsumeWord("ASC")) in_.ConsumeWord("DESC");
      } while (in_.ConsumeSymbol(","));
    }
    // The words of a frame name no columns.
    if (in_.IsWord("ROWS") || in_.IsWord("RANGE")) {
      while (in_.Peek().kind == Token::Kind::kWord || in_.Peek().kind == Token::Kind::kNumber) {
        in_.Consume();
      }
    }
    return in_.ConsumeSymbol(")") ? Taken() : NotUnderstood();
  }

  TokenStream& in_;
  const Names& names_;
};

}  // namespace

Verdict ReadExpression(TokenStream* in, const Names& names, Expression* out) {
  return ExpressionReader(in, names).Read(out);
}

Verdict ReadExpressionText(const std::string& text, const Names& names, Expression* out) {
  schema::Lexed lexed = schema::Lex(text, "expression");
  if (lexed.error) return Unknown(Cat("what the expression means: ", lexed.error->Message()));
  TokenStream in(text, lexed.tokens, "expression");
  RETURN_UNLESS_TAKEN(ReadExpression(&in, names, out));
  if (in.Finished()) return Taken();
  return Unknown(Cat("what `", schema::Shown(in.Peek().source), "` means in an expression"));
}

}  // namespace stateserver::apply
