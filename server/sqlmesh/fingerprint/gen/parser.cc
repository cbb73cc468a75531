// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/fingerprint/gen/parser.h"

#include <cstddef>

#include "common/depth.h"
#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/gen.h"
#include "server/sqlmesh/fingerprint/gen/rules.h"
#include "server/sqlmesh/records/column_types.h"

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
  return Peek(ahead).kind == Token::kWord && Upper(Peek(ahead).text) == upper;
}

bool ExpressionParser::ConsumeOperator(std::string_view text) {
  if (!IsOperator(text)) return false;
  ++at_;
  return true;
}

bool ExpressionParser::ConsumeWord(std::string_view upper) {
  if (!IsWord(upper)) return false;
  ++at_;
  return true;
}

bool ExpressionParser::NeedOperator(std::string_view text) {
  return ConsumeOperator(text) || FailHere();
}

bool ExpressionParser::Aliased(std::string* out) {
  if (!Expression(out)) return false;
  if (!ConsumeWord("AS")) return true;
  out->append(" AS ");
  return Identifier(out);
}

bool ExpressionParser::Expression(std::string* out) {
  DepthGuard guard(&depth_);
  if (guard.TooDeep()) return Fail("its depth");
  bool fine = Conjunction(out);
  while (fine && ConsumeWord("OR")) {
    out->append(" OR ");
    fine = Conjunction(out);
  }
  return fine;
}

bool ExpressionParser::Conjunction(std::string* out) {
  if (!Equality(out)) return false;
  while (ConsumeWord("AND")) {
    out->append(" AND ");
    if (!Equality(out)) return false;
  }
  return true;
}

bool ExpressionParser::Equality(std::string* out) {
  if (!Comparison(out)) return false;
  while (IsOperator("=") || IsOperator("<>") || IsOperator("!=")) {
    out->append(Consume().text == "=" ? " = " : " <> ");
    if (!Comparison(out)) return false;
  }
  return true;
}

bool ExpressionParser::Comparison(std::string* out) {
  if (!Range(out)) return false;
  while (IsOperator("<") || IsOperator(">") || IsOperator("<=") || IsOperator(">=")) {
    AppendTo(out, " ", Consume().text, " ");
    if (!Range(out)) return false;
  }
  return true;
}

// Parses one IN, LIKE or BETWEEN, then one IS; longer chains have no rule.
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
  if (ConsumeWord("IN")) {
    std::vector<std::string> items;
    if (!NeedOperator("(") || IsOperator(")") || !List(")", &items)) return FailHere();
    left->append(" IN (:expressions,");
    for (size_t i = 0; i < items.size(); ++i) AppendTo(left, i == 0 ? "" : ",", items[i]);
    left->append(")");
  } else if (IsWord("LIKE") || IsWord("ILIKE")) {
    // sqlglot stores the negation of LIKE where gen() does not see it.
    if (negated && (IsWord("ILIKE") || options_.dialect->name == "snowflake")) return FailHere();
    negated = false;
    left->append(IsWord("LIKE") ? " Like " : " ILIKE ");
    ++at_;
    if (!Bitwise(left)) return false;
  } else if (ConsumeWord("BETWEEN")) {
    left->append(" BETWEEN ");
    if (!Bitwise(left) || !ConsumeWord("AND")) return FailHere();
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
  if (ConsumeWord("NOT")) left->insert(0, "NOT ");
  if (!IsWord("NULL") && !IsWord("TRUE") && !IsWord("FALSE")) return FailHere();
  AppendTo(left, " IS ", Upper(Consume().text));
  return true;
}

bool ExpressionParser::Bitwise(std::string* out) {
  std::string operands;
  if (!Term(&operands)) return false;
  // Each operator encloses everything to its left.
  for (; ConsumeOperator("||"); out->append("DPIPE :this,")) {
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
    AppendTo(out, " ", Consume().text, " ");
    if (!Factor(out)) return false;
  }
  return true;
}

bool ExpressionParser::Factor(std::string* out) {
  if (!Unary(out)) return false;
  while (IsOperator("*") || IsOperator("/") || IsOperator("%")) {
    AppendTo(out, " ", Consume().text, " ");
    if (!Unary(out)) return false;
  }
  return true;
}

bool ExpressionParser::Unary(std::string* out) {
  DepthGuard guard(&depth_);
  if (guard.TooDeep()) return Fail("its depth");
  if (ConsumeOperator("-")) {
    out->append("-");
    return Unary(out);
  }
  if (ConsumeWord("NOT")) {
    out->append("NOT ");
    return Equality(out);
  }
  return Casted(out);
}

bool ExpressionParser::Casted(std::string* out) {
  std::string value;
  if (!Primary(&value)) return false;
  for (int casts = depth_; ConsumeOperator("::"); ++casts) {
    if (casts > kMostDepth) return Fail("its depth");  // casts enclose one another
    if (Peek().kind != Token::kWord) return FailHere();
    size_t begin = Peek().begin;
    size_t end = Consume().end;
    if (ConsumeOperator("(")) {
      while (!AtEnd() && !IsOperator(")")) ++at_;
      if (!IsOperator(")")) return FailHere();
      end = Consume().end;
    }
    std::string cast;
    if (!TypeRule("::", source_.substr(begin, end - begin), value, &cast)) return false;
    value = std::move(cast);
  }
  // Rejects what may follow any operand and is not an operator with a rule.
  if (IsOperator("[") || IsOperator(".") || Peek().kind == Token::kString) return FailHere();
  out->append(value);
  return true;
}

bool ExpressionParser::Primary(std::string* out) {
  switch (Peek().kind) {
    case Token::kNumber:
      out->append(Consume().text);
      return true;
    case Token::kString:
      AppendTo(out, "'", Consume().text, "'");
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
  if (ConsumeOperator("(")) return Parenthesis(out);
  if (ConsumeOperator("[")) return Array(out);
  if (tokens_.size() == 2 && ConsumeOperator("*")) {
    out->append("STAR");
    return true;
  }
  return FailHere();
}

bool ExpressionParser::List(std::string_view close, std::vector<std::string>* out) {
  if (ConsumeOperator(close)) return true;
  while (true) {
    std::string item;
    if (!Expression(&item)) return false;
    out->push_back(std::move(item));
    if (ConsumeOperator(close)) return true;
    if (!NeedOperator(",")) return false;
  }
}

bool ExpressionParser::Parenthesis(std::string* out) {
  std::string items;
  int count = 0;
  bool trailing = false;
  while (!ConsumeOperator(")")) {
    if (count > 0 && !trailing) return FailHere();
    if (count++ > 0) items.append(",");
    if (!Expression(&items)) return false;
    trailing = ConsumeOperator(",");
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
  if (!quoted && IsReservedWord(Upper(Peek().text))) return FailHere();
  std::string name = Consume().text;
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
    std::string lower = Upper(std::string_view(name).substr(1, name.size() - 2));
    if (lower == "TARGET" || lower == "DBT_INTERNAL_DEST" || lower == "__MERGE_TARGET__") {
      name = "\"__MERGE_TARGET__\"";
    } else if (lower == "SOURCE" || lower == "DBT_INTERNAL_SOURCE" || lower == "__MERGE_SOURCE__") {
      name = "\"__MERGE_SOURCE__\"";
    }
  }
  for (int parts = 1; ConsumeOperator("."); ++parts) {
    if (parts == 3 || IsOperator("*")) return FailHere();
    name.append(".");
    if (!Identifier(&name)) return false;
  }
  if (IsOperator("(")) return FailHere();
  if (options_.columns != nullptr) options_.columns->push_back(name);
  out->append(name);
  return true;
}

namespace {

constexpr std::string_view kUnits[] = {"YEAR", "QUARTER", "MONTH",  "WEEK",
                                       "DAY",  "HOUR",    "MINUTE", "SECOND"};
// Functions for which a literal argument may be a unit.
constexpr std::string_view kWithUnit[] = {
    "DATE_TRUNC", "DATETIME_TRUNC", "TIMESTAMP_TRUNC", "TRUNC",    "DATE_DIFF", "DATEDIFF",
    "DATE_ADD",   "DATEADD",        "DATE_PART",       "LAST_DAY", "TIME_TRUNC"};
// Macros whose arguments are not plain expressions.
constexpr std::string_view kSpecialMacros[] = {"WITH",  "JOIN",     "WHERE", "GROUP_BY", "HAVING",
                                               "LIMIT", "ORDER_BY", "DEF",   "SQL"};

template <size_t kSize>
bool Contains(const std::string_view (&words)[kSize], std::string_view word) {
  for (std::string_view each : words) {
    if (each == word) return true;
  }
  return false;
}

void Fill(std::string_view pattern, const std::vector<std::string>& arguments, std::string* out) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '$') {
      out->append(arguments[pattern[++i] - '1']);
    } else {
      out->push_back(pattern[i]);
    }
  }
}

void FillDefault(std::string_view name, const std::vector<std::string>& arguments,
                 std::string* out) {
  AppendTo(out, name, "(");
  for (size_t i = 0; i < arguments.size(); ++i) AppendTo(out, i == 0 ? "" : ",", arguments[i]);
  out->append(")");
}

bool Update(ExpressionParser* parser, std::string* out) {
  out->append(",:then,UPDATE :expressions");
  if (parser->ConsumeOperator("*")) {
    out->append(",STAR");
    return true;
  }
  if (!parser->ConsumeWord("SET")) return parser->FailHere();
  do {
    out->append(",");
    if (!parser->Equality(out)) return false;
  } while (parser->ConsumeOperator(","));
  return true;
}

bool Tuple(ExpressionParser* parser, std::string* out) {
  std::vector<std::string> items;
  if (!parser->NeedOperator("(") || !parser->List(")", &items) || items.empty()) {
    return parser->FailHere();
  }
  out->append("TUPLE :expressions");
  for (const std::string& item : items) AppendTo(out, ",", item);
  return true;
}

bool Insert(ExpressionParser* parser, std::string* out) {
  out->append(",:then,INSERT :this,");
  if (parser->ConsumeOperator("*")) {
    out->append("STAR");
    return true;
  }
  if (!Tuple(parser, out) || !parser->ConsumeWord("VALUES")) return parser->FailHere();
  out->append(",:expression,");
  return Tuple(parser, out);
}

bool When(ExpressionParser* parser, std::string* out) {
  bool matched = !parser->ConsumeWord("NOT");
  if (!parser->ConsumeWord("MATCHED")) return parser->FailHere();
  bool source = false;
  if (parser->ConsumeWord("BY")) {
    source = parser->ConsumeWord("SOURCE");
    if (!source && !parser->ConsumeWord("TARGET")) return parser->FailHere();
  }
  AppendTo(out, "WHEN :matched,", matched ? "True" : "False", ",:source,",
           source ? "True" : "False");
  if (parser->ConsumeWord("AND")) {
    out->append(",:condition,");
    if (!parser->Expression(out)) return false;
  }
  if (!parser->ConsumeWord("THEN")) return parser->FailHere();
  if (parser->ConsumeWord("UPDATE")) return Update(parser, out);
  if (parser->ConsumeWord("INSERT")) return Insert(parser, out);
  if (!parser->ConsumeWord("DELETE")) return parser->FailHere();
  out->append(",:then,DELETE");
  return true;
}

bool Whens(ExpressionParser* parser, std::string* out) {
  if (!parser->ok()) return false;
  out->append("WHENS :expressions");
  do {
    if (!parser->ConsumeWord("WHEN")) return parser->FailHere();
    out->append(",");
    if (!When(parser, out)) return false;
  } while (!parser->AtEnd());
  return true;
}

// Parses a text or a name.
bool Name(ExpressionParser* parser, std::string* out) {
  if (parser->Peek().kind == Token::kString) {
    *out = Trim(parser->Consume().text);
    return true;
  }
  *out = parser->Peek().text;
  std::string unused;
  return parser->Identifier(&unused);
}

bool Grantees(ExpressionParser* parser, int* depth, std::vector<std::string>* out) {
  DepthGuard guard(depth);
  if (guard.TooDeep()) return parser->Fail("their depth");
  std::string_view close = parser->IsOperator("[") ? "]" : ")";
  if (!parser->IsOperator("[") && !parser->IsOperator("(")) {
    return Name(parser, &out->emplace_back());
  }
  parser->Consume();
  for (bool first = true; !parser->ConsumeOperator(close); first = false) {
    if (!first && !parser->NeedOperator(",")) return false;
    if (!Grantees(parser, depth, out)) return false;
  }
  return true;
}

bool Grants(ExpressionParser* parser, GrantList* out) {
  if (!parser->ok() || !parser->NeedOperator("(")) return false;
  while (!parser->ConsumeOperator(")")) {
    if (!out->empty() && !parser->NeedOperator(",")) return false;
    if (!out->empty() && parser->ConsumeOperator(")")) break;
    std::string name;
    std::vector<std::string> grantees;
    int depth = 0;
    if (!Name(parser, &name) || !parser->NeedOperator("=") ||
        !Grantees(parser, &depth, &grantees)) {
      return false;
    }
    out->emplace_back(std::move(name), std::move(grantees));
  }
  return parser->AtEnd() || parser->FailHere();
}

}  // namespace

bool ExpressionParser::Macro(std::string* out) {
  std::string name = Consume().text;
  if (!IsOperator("(")) {
    AppendTo(out, "MACROVAR :this,", name);
    return true;
  }
  name = Upper(name);
  if (options_.dialect->name == "redshift" || Contains(kSpecialMacros, name) ||
      IsKnownFunction(name)) {
    return Fail(Cat("its macro @", name));
  }
  ++at_;
  std::vector<std::string> arguments;
  if (!List(")", &arguments)) return false;
  out->append("MACRO_FUNC(");
  FillDefault(name, arguments, out);
  out->append(")");
  return true;
}

bool ExpressionParser::Word(std::string* out) {
  std::string word = Upper(Peek().text);
  bool call = IsOperator("(", 1);
  if (!call && (word == "TRUE" || word == "FALSE" || word == "NULL")) {
    ++at_;
    out->append(word);
    return true;
  }
  if (word == "CASE") return Case(out);
  if (word == "INTERVAL") return Interval(out);
  if (word == "ARRAY" && IsOperator("[", 1)) {
    at_ += 2;
    return Array(out);
  }
  if (call && (word == "CAST" || word == "TRY_CAST")) return Cast(word, out);
  if (call) return Call(out);
  return Column(out);
}

// Parses INTERVAL '1' DAY and INTERVAL 1 DAY.
bool ExpressionParser::Interval(std::string* out) {
  ++at_;
  bool whole = Peek().kind == Token::kNumber || Peek().kind == Token::kString;
  for (char c : Peek().text) whole = whole && c >= '0' && c <= '9';
  if (!whole || Peek().text.empty() || Peek(1).kind != Token::kWord) return FailHere();
  std::string number = Consume().text;
  std::string unit = Upper(Peek().text);
  if (!Contains(kUnits, unit)) return FailHere();
  ++at_;
  AppendTo(out, "INTERVAL :this,'", number, "',:unit,", unit);
  return true;
}

bool ExpressionParser::Case(std::string* out) {
  if (options_.dialect->name == "redshift") return Fail("its CASE");
  ++at_;
  out->append("CASE(");
  if (!IsWord("WHEN")) {
    if (!Expression(out)) return false;
    out->append(",");
  }
  for (int count = 0; ConsumeWord("WHEN"); ++count) {
    out->append(count > 0 ? ",IF(" : "IF(");
    if (!Expression(out) || !ConsumeWord("THEN")) return FailHere();
    out->append(",");
    if (!Expression(out)) return false;
    out->append(")");
  }
  if (ConsumeWord("ELSE")) {
    out->append(",");
    if (!Expression(out)) return false;
  }
  out->append(")");
  return ConsumeWord("END") || FailHere();
}

bool ExpressionParser::Cast(std::string_view form, std::string* out) {
  at_ += 2;
  std::string value;
  if (!Expression(&value) || !ConsumeWord("AS")) return FailHere();
  size_t begin = Peek().begin;
  for (int open = 0; !AtEnd(); ++at_) {
    if (IsOperator("(")) ++open;
    if (IsOperator(")") && open-- == 0) break;
  }
  size_t end = Peek().begin;
  return NeedOperator(")") && TypeRule(form, source_.substr(begin, end - begin), value, out);
}

bool ExpressionParser::TypeRule(std::string_view form, std::string_view type,
                                std::string_view value, std::string* out) {
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  state::CanonicalType canonical;
  std::string_view rule;
  if (canonical.Parse(type)) {
    rule = FindRule(options_.dialect->name, Cat(form, " ", canonical.key()));
  }
  if (rule.empty()) return Fail(Cat("its type ", type));
  for (size_t i = 0; i < rule.size(); ++i) {
    if (rule[i] == '$') {
      out->append(value);
      ++i;
    } else if (rule[i] == '#') {
      out->append(canonical.number(rule[++i] - '1'));
    } else {
      out->push_back(rule[i]);
    }
  }
  return true;
}

bool ExpressionParser::ReadArguments(std::vector<std::string>* arguments,
                                     std::vector<const Token*>* single) {
  while (!ConsumeOperator(")")) {
    if (!arguments->empty() && !NeedOperator(",")) return false;
    size_t begin = at_;
    bool unit = Peek().kind == Token::kWord && (IsOperator(",", 1) || IsOperator(")", 1)) &&
                Contains(kUnits, Upper(Peek().text));
    std::string argument;
    if (unit) {
      // Only a rule can interpret the word here; until then it is not a column.
      argument = Consume().text;
    } else if (!Expression(&argument)) {
      return false;
    }
    single->push_back(at_ == begin + 1 && (unit || tokens_[begin].kind == Token::kString)
                          ? &tokens_[begin]
                          : nullptr);
    arguments->push_back(std::move(argument));
  }
  return true;
}

bool ExpressionParser::Call(std::string* out) {
  std::string name = Upper(Consume().text);
  ++at_;
  std::vector<std::string> arguments;
  std::vector<const Token*> single;
  if (!ReadArguments(&arguments, &single)) return false;
  return CallRule(name, arguments, single, out) || Fail(Cat("its function ", name));
}

bool ExpressionParser::CallRule(const std::string& name, const std::vector<std::string>& arguments,
                                const std::vector<const Token*>& single, std::string* out) {
  if (options_.dialect->name == "redshift") return false;
  std::string key = Cat(name, "/", arguments.size());
  bool literal = false;
  for (size_t i = 0; i < single.size(); ++i) {
    if (single[i] == nullptr) continue;
    std::string unit = Upper(single[i]->text);
    bool text = single[i]->kind == Token::kString;
    literal = literal || text;
    std::string_view rule = FindRule(
        options_.dialect->name, text ? Cat(key, "/", i, "'", unit, "'") : Cat(key, "/", i, unit));
    if (!rule.empty()) {
      std::vector<std::string> others = arguments;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      Fill(rule, others, out);
      return true;
    }
    if (!text) return false;
  }
  if (literal && Contains(kWithUnit, name)) return false;
  std::string_view rule = FindRule(options_.dialect->name, key);
  if (!rule.empty() && rule != "=") {
    Fill(rule, arguments, out);
    return true;
  }
  bool unknown = !IsKnownFunction(name) && options_.dialect->name != "clickhouse";
  if (rule.empty() && !unknown) return false;
  FillDefault(name, arguments, out);
  return true;
}

bool GenWhens(std::string_view text, const GenOptions& options, std::string* out,
              Unsupported* unsupported) {
  if (options.dialect == nullptr) return unsupported->Note("when_matched, for its dialect");
  // SQLMesh removes the first and the last character, whatever the last one is.
  std::string_view clauses = Trim(text);
  if (clauses.starts_with('(')) clauses = clauses.substr(1, clauses.size() - 2);
  // Its VALUES are a list of tuples, and a tuple for a single column.
  if (options.dialect->name == "clickhouse" && Upper(clauses).find("VALUES") != clauses.npos) {
    return unsupported->Note("when_matched, for its VALUES");
  }
  ExpressionParser parser(clauses, options);
  return Whens(&parser, out) || unsupported->Note(Cat("when_matched, for ", parser.problem()));
}

bool ReadGrants(std::string_view text, const Dialect* dialect, GrantList* out,
                Unsupported* unsupported) {
  if (dialect == nullptr) return unsupported->Note("grants, for their dialect");
  ExpressionParser parser(text, {.dialect = dialect});
  return Grants(&parser, out) || unsupported->Note(Cat("grants, for ", parser.problem()));
}

}  // namespace stateserver::fingerprint
