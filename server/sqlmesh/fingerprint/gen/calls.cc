// SPDX-License-Identifier: Apache-2.0
//
// Words in front: literals, CASE, casts, function and macro calls.
#include <cstddef>

#include "common/text.h"
#include "server/sqlmesh/fingerprint/gen/parser.h"
#include "server/sqlmesh/fingerprint/gen/rules.h"
#include "server/sqlmesh/records/column_type_text.h"

namespace stateserver::fingerprint {
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

}  // namespace

bool ExpressionParser::Macro(std::string* out) {
  std::string name = Take().text;
  if (!IsOperator("(")) {
    AppendTo(out, "MACROVAR :this,", name);
    return true;
  }
  name = UpperText(name);
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
  std::string word = UpperText(Peek().text);
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

// INTERVAL '1' DAY, INTERVAL 1 DAY.
bool ExpressionParser::Interval(std::string* out) {
  ++at_;
  bool whole = Peek().kind == Token::kNumber || Peek().kind == Token::kString;
  for (char c : Peek().text) whole = whole && c >= '0' && c <= '9';
  if (!whole || Peek().text.empty() || Peek(1).kind != Token::kWord) return FailHere();
  std::string number = Take().text;
  std::string unit = UpperText(Peek().text);
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
  for (int count = 0; TakeWord("WHEN"); ++count) {
    out->append(count > 0 ? ",IF(" : "IF(");
    if (!Expression(out) || !TakeWord("THEN")) return FailHere();
    out->append(",");
    if (!Expression(out)) return false;
    out->append(")");
  }
  if (TakeWord("ELSE")) {
    out->append(",");
    if (!Expression(out)) return false;
  }
  out->append(")");
  return TakeWord("END") || FailHere();
}

bool ExpressionParser::Cast(std::string_view form, std::string* out) {
  at_ += 2;
  std::string value;
  if (!Expression(&value) || !TakeWord("AS")) return FailHere();
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
  while (!TakeOperator(")")) {
    if (!arguments->empty() && !NeedOperator(",")) return false;
    size_t begin = at_;
    bool unit = Peek().kind == Token::kWord && (IsOperator(",", 1) || IsOperator(")", 1)) &&
                Contains(kUnits, UpperText(Peek().text));
    std::string argument;
    if (unit) {
      // Only a rule can say what it is here; until then it is no column.
      argument = Take().text;
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
  std::string name = UpperText(Take().text);
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
    std::string unit = UpperText(single[i]->text);
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

}  // namespace stateserver::fingerprint
