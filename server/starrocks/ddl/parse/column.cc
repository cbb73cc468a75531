// SPDX-License-Identifier: Apache-2.0
//
// Definitions of columns.
#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/parse/clauses.h"

namespace stateserver::schema {
namespace {

constexpr std::array kAggregates = {"SUM",
                                    "MAX",
                                    "MIN",
                                    "REPLACE",
                                    "REPLACE_IF_NOT_NULL",
                                    "HLL_UNION",
                                    "BITMAP_UNION",
                                    "PERCENTILE_UNION"};

bool IsState(const TokenStream& in) {
  static constexpr std::array kTypesWithBrackets = {
      "TINYINT",   "SMALLINT",   "INT",     "INTEGER",   "BIGINT", "LARGEINT",  "FLOAT",
      "CHAR",      "VARCHAR",    "DECIMAL", "NUMERIC",   "NUMBER", "DECIMALV2", "DECIMAL32",
      "DECIMAL64", "DECIMAL128", "BINARY",  "VARBINARY", "STRING", "TEXT"};
  if (in.Peek().kind != Token::Kind::kWord || !in.IsSymbol("(", 1)) return false;
  if (in.Peek(2).kind == Token::Kind::kNumber) return false;  // a length: a type, or no type
  return std::none_of(kTypesWithBrackets.begin(), kTypesWithBrackets.end(),
                      [&](std::string_view type) { return in.IsWord(type); });
}

bool State(TokenStream* in, AggregateState* out) {
  out->function = in->Take().value;
  for (char& c : out->function) c = absl::ascii_tolower(static_cast<unsigned char>(c));
  if (!in->NeedSymbol("(")) return false;
  if (in->TakeSymbol(")")) return true;
  do {
    if (!in->MayAdd(out->arguments.size(), kMostColumns, "arguments")) return false;
    if (!ParseType(in, &out->arguments.emplace_back())) return false;
    // The engine prints whether an argument may be NULL; it says nothing.
    in->TakeWord("NOT");
    in->TakeWord("NULL");
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool Timestamp(TokenStream* in, DefaultValue* out) {
  out->kind = DefaultValue::Kind::kTimestamp;
  if (!in->TakeSymbol("(")) return true;
  int digits = 0;
  if (!in->IsSymbol(")")) {
    if (!in->Integer("the number of digits", &digits)) return false;
    if (digits > 0) out->text = std::to_string(digits);
  }
  return in->NeedSymbol(")");
}

bool Default(TokenStream* in, DefaultValue* out) {
  if (in->TakeWord("NULL")) {
    out->kind = DefaultValue::Kind::kNull;
    return true;
  }
  if (in->TakeWord("CURRENT_TIMESTAMP")) return Timestamp(in, out);
  if (in->TakeSymbol("(")) {
    out->kind = DefaultValue::Kind::kExpression;
    return in->Expression("an expression", {}, &out->text) && in->NeedSymbol(")");
  }
  return in->Text("a text, NULL, CURRENT_TIMESTAMP or (an expression)", &out->text);
}

bool TypeOrState(TokenStream* in, Column* out) {
  if (IsState(*in)) return State(in, &out->state.emplace());
  if (!ParseType(in, &out->type.emplace())) return false;
  // The engine prints what it stores the state as, and then the state.
  bool state = IsState(*in) && !in->IsWord("AS") && !in->IsWord("DEFAULT");
  if (!state) return true;
  out->type.reset();
  return State(in, &out->state.emplace());
}

void Aggregate(TokenStream* in, Column* out) {
  for (std::string_view function : kAggregates) {
    if (in->TakeWord(function)) out->aggregate = function;
  }
}

}  // namespace

bool ParseColumn(TokenStream* in, Column* out) {
  if (!in->Name("a column's name", &out->name) || !TypeOrState(in, out)) return false;
  out->key = in->TakeWord("KEY");
  Aggregate(in, out);
  if (in->TakeWords({"NOT", "NULL"})) {
    out->nullable = false;
  } else if (in->TakeWord("NULL")) {
    out->nullable = true;
  }
  if (in->TakeWord("AUTO_INCREMENT")) {
    out->auto_increment = true;
  } else if (in->TakeWord("DEFAULT")) {
    if (!Default(in, &out->default_value.emplace())) return false;
  } else if (in->TakeWord("AS")) {
    if (!in->Expression("an expression", {"COMMENT"}, &out->generated.emplace())) return false;
  }
  return TakeComment(in, &out->comment);
}

}  // namespace stateserver::schema
