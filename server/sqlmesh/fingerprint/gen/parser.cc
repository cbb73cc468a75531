// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/parser.h"

#include "common/depth.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/rules.h"

namespace stateserver::fingerprint {
ExpressionParser::ExpressionParser(std::string_view source, const GenOptions& options)
    : source_(source), options_(options) {
  if (!Tokenize(source, *options.dialect, &tokens_, &problem_)) {
    tokens_.assign(1, {Token::kEnd, "", source.size(), source.size()});
  }
}

const Token& ExpressionParser::Peek(int ahead) const {
  size_t at = at_ + ahead;
  return at < tokens_.size() ? tokens_[at] : tokens_.back();
}

bool ExpressionParser::Fail(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
  return false;
}

bool ExpressionParser::FailHere() {
  return Fail(AtEnd() ? "its end" : Cat("its part \"", source_.substr(Peek().begin, 20), "\""));
}

bool ExpressionParser::IsOperator(std::string_view text, int ahead) const {
  return Peek(ahead).kind == Token::kOperator && Peek(ahead).text == text;
}

bool ExpressionParser::IsWord(std::string_view upper, int ahead) const {
  return Peek(ahead).kind == Token::kWord && UpperText(Peek(ahead).text) == upper;
}

bool ExpressionParser::TakeOperator(std::string_view text) {
  if (!IsOperator(text)) return false;
  ++at_;
  return true;
}

bool ExpressionParser::TakeWord(std::string_view upper) {
  if (!IsWord(upper)) return false;
  ++at_;
  return true;
}

bool ExpressionParser::NeedOperator(std::string_view text) {
  return TakeOperator(text) || FailHere();
}

bool ExpressionParser::Aliased(std::string* out) {
  if (!Expression(out)) return false;
  if (!TakeWord("AS")) return true;
  out->append(" AS ");
  return Identifier(out);
}

bool ExpressionParser::Expression(std::string* out) {
  DepthGuard guard(&depth_);
  if (guard.TooDeep()) return Fail("its depth");
  bool fine = Conjunction(out);
  while (fine && TakeWord("OR")) {
    out->append(" OR ");
    fine = Conjunction(out);
  }
  return fine;
}

bool ExpressionParser::Conjunction(std::string* out) {
  if (!Equality(out)) return false;
  while (TakeWord("AND")) {
    out->append(" AND ");
    if (!Equality(out)) return false;
  }
  return true;
}

bool ExpressionParser::Equality(std::string* out) {
  if (!Comparison(out)) return false;
  while (IsOperator("=") || IsOperator("<>") || IsOperator("!=")) {
    out->append(Take().text == "=" ? " = " : " <> ");
    if (!Comparison(out)) return false;
  }
  return true;
}

bool ExpressionParser::Comparison(std::string* out) {
  if (!Range(out)) return false;
  while (IsOperator("<") || IsOperator(">") || IsOperator("<=") || IsOperator(">=")) {
    AppendTo(out, " ", Take().text, " ");
    if (!Range(out)) return false;
  }
  return true;
}

// One IN, LIKE or BETWEEN, then one IS; more than that has no rule.
bool ExpressionParser::Range(std::string* out) {
  std::string left;
  if (!Bitwise(&left)) return false;
  bool negated = IsWord("NOT") && (IsWord("IN", 1) || IsWord("LIKE", 1) || IsWord("ILIKE", 1) ||
                                   IsWord("BETWEEN", 1));
  if (negated) ++at_;
  bool found = false;
  if (!RangeTail(negated, &left, &found)) return false;
  if (IsWord("IS") && (found || !IsTail(&left))) return FailHere();
  if (!ok()) return false;
  out->append(left);
  return true;
}

bool ExpressionParser::RangeTail(bool negated, std::string* left, bool* found) {
  *found = true;
  if (TakeWord("IN")) {
    std::vector<std::string> items;
    if (!NeedOperator("(") || IsOperator(")") || !List(")", &items)) return FailHere();
    left->append(" IN (:expressions,");
    for (size_t i = 0; i < items.size(); ++i) AppendTo(left, i == 0 ? "" : ",", items[i]);
    left->append(")");
  } else if (IsWord("LIKE") || IsWord("ILIKE")) {
    // sqlglot keeps the negation of LIKE aside, where gen() does not look.
    if (negated && (IsWord("ILIKE") || options_.dialect->name == "snowflake")) return FailHere();
    negated = false;
    left->append(IsWord("LIKE") ? " Like " : " ILIKE ");
    ++at_;
    if (!Bitwise(left)) return false;
  } else if (TakeWord("BETWEEN")) {
    left->append(" BETWEEN ");
    if (!Bitwise(left) || !TakeWord("AND")) return FailHere();
    left->append(" AND ");
    if (!Bitwise(left)) return false;
  } else {
    *found = false;
  }
  if (negated) left->insert(0, "NOT ");
  return true;
}

bool ExpressionParser::IsTail(std::string* left) {
  ++at_;
  if (TakeWord("NOT")) left->insert(0, "NOT ");
  if (!IsWord("NULL") && !IsWord("TRUE") && !IsWord("FALSE")) return FailHere();
  AppendTo(left, " IS ", UpperText(Take().text));
  return true;
}

bool ExpressionParser::Bitwise(std::string* out) {
  std::string operands;
  if (!Term(&operands)) return false;
  // Each operator stands around all that is on its left.
  for (; TakeOperator("||"); out->append("DPIPE :this,")) {
    if (options_.dialect->concat_tail.empty()) return Fail("its operator ||");
    operands.append(",:expression,");
    if (!Term(&operands)) return false;
    AppendTo(&operands, ",:safe,", options_.dialect->concat_tail);
  }
  out->append(operands);
  return true;
}

bool ExpressionParser::Term(std::string* out) {
  if (!Factor(out)) return false;
  while (IsOperator("+") || IsOperator("-")) {
    AppendTo(out, " ", Take().text, " ");
    if (!Factor(out)) return false;
  }
  return true;
}

bool ExpressionParser::Factor(std::string* out) {
  if (!Unary(out)) return false;
  while (IsOperator("*") || IsOperator("/") || IsOperator("%")) {
    AppendTo(out, " ", Take().text, " ");
    if (!Unary(out)) return false;
  }
  return true;
}

bool ExpressionParser::Unary(std::string* out) {
  DepthGuard guard(&depth_);
  if (guard.TooDeep()) return Fail("its depth");
  if (TakeOperator("-")) {
    out->append("-");
    return Unary(out);
  }
  if (TakeWord("NOT")) {
    out->append("NOT ");
    return Equality(out);
  }
  return Casted(out);
}

bool ExpressionParser::Casted(std::string* out) {
  std::string value;
  if (!Primary(&value)) return false;
  for (int casts = depth_; TakeOperator("::"); ++casts) {
    if (casts > kMostDepth) return Fail("its depth");  // they stand around one another
    if (Peek().kind != Token::kWord) return FailHere();
    size_t begin = Peek().begin;
    size_t end = Take().end;
    if (TakeOperator("(")) {
      while (!AtEnd() && !IsOperator(")")) ++at_;
      if (!IsOperator(")")) return FailHere();
      end = Take().end;
    }
    std::string cast;
    if (!TypeRule("::", source_.substr(begin, end - begin), value, &cast)) return false;
    value = std::move(cast);
  }
  // What may follow any operand, and is not an operator with a rule.
  if (IsOperator("[") || IsOperator(".") || Peek().kind == Token::kString) return FailHere();
  out->append(value);
  return true;
}

bool ExpressionParser::Primary(std::string* out) {
  switch (Peek().kind) {
    case Token::kNumber:
      out->append(Take().text);
      return true;
    case Token::kString:
      AppendTo(out, "'", Take().text, "'");
      return true;
    case Token::kMacro:
      return Macro(out);
    case Token::kQuoted:
      return Column(out);
    case Token::kWord:
      return Word(out);
    default:
      break;
  }
  if (TakeOperator("(")) return Parenthesis(out);
  if (TakeOperator("[")) return Array(out);
  if (tokens_.size() == 2 && TakeOperator("*")) {
    out->append("STAR");
    return true;
  }
  return FailHere();
}

bool ExpressionParser::List(std::string_view close, std::vector<std::string>* out) {
  if (TakeOperator(close)) return true;
  while (true) {
    std::string item;
    if (!Expression(&item)) return false;
    out->push_back(std::move(item));
    if (TakeOperator(close)) return true;
    if (!NeedOperator(",")) return false;
  }
}

bool ExpressionParser::Parenthesis(std::string* out) {
  std::string items;
  int count = 0;
  bool trailing = false;
  while (!TakeOperator(")")) {
    if (count > 0 && !trailing) return FailHere();
    if (count++ > 0) items.append(",");
    if (!Expression(&items)) return false;
    trailing = TakeOperator(",");
  }
  if (count == 0) {
    out->append("TUPLE");
  } else if (count == 1 && !trailing) {
    AppendTo(out, "(", items, ")");
  } else {
    AppendTo(out, "TUPLE :expressions,", items);
  }
  return true;
}

bool ExpressionParser::Array(std::string* out) {
  if (options_.dialect->name == "redshift") return Fail("its array");
  std::vector<std::string> items;
  if (IsOperator("]") || !List("]", &items)) return FailHere();
  out->append("ARRAY(");
  for (size_t i = 0; i < items.size(); ++i) AppendTo(out, i == 0 ? "" : ",", items[i]);
  out->append(options_.dialect->name == "bigquery" ? ",True)" : ")");
  return true;
}

bool ExpressionParser::Identifier(std::string* out) {
  if (Peek().kind != Token::kQuoted && Peek().kind != Token::kWord) return FailHere();
  bool quoted = Peek().kind == Token::kQuoted;
  if (!quoted && IsReservedWord(UpperText(Peek().text))) return FailHere();
  std::string name = Take().text;
  if (options_.quoted && !FoldIdentifier(*options_.dialect, quoted, &name)) {
    return Fail("the case of its identifiers");
  }
  if (quoted || options_.quoted) {
    AppendTo(out, "\"", name, "\"");
  } else {
    out->append(name);
  }
  return true;
}

bool ExpressionParser::Column(std::string* out) {
  std::string name;
  if (!Identifier(&name)) return false;
  if (options_.merge_aliases) {
    std::string lower = UpperText(std::string_view(name).substr(1, name.size() - 2));
    if (lower == "TARGET" || lower == "DBT_INTERNAL_DEST" || lower == "__MERGE_TARGET__") {
      name = "\"__MERGE_TARGET__\"";
    } else if (lower == "SOURCE" || lower == "DBT_INTERNAL_SOURCE" || lower == "__MERGE_SOURCE__") {
      name = "\"__MERGE_SOURCE__\"";
    }
  }
  for (int parts = 1; TakeOperator("."); ++parts) {
    if (parts == 3 || IsOperator("*")) return FailHere();
    name.append(".");
    if (!Identifier(&name)) return false;
  }
  if (IsOperator("(")) return FailHere();
  if (options_.columns != nullptr) options_.columns->push_back(name);
  out->append(name);
  return true;
}

}  // namespace stateserver::fingerprint
