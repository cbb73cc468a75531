// SPDX-License-Identifier: Apache-2.0
//
// Types, as people write them and as the engine prints them.
#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "common/depth.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/parse/clauses.h"

namespace stateserver::schema {
namespace {

struct Alias {
  std::string_view written, name;
};

constexpr Alias kAliases[] = {
    {"INTEGER", "INT"},        {"BOOL", "BOOLEAN"},      {"NUMERIC", "DECIMAL"},
    {"DECIMALV2", "DECIMAL"},  {"DECIMAL32", "DECIMAL"}, {"DECIMAL64", "DECIMAL"},
    {"DECIMAL128", "DECIMAL"}, {"NUMBER", "DECIMAL"},    {"BINARY", "VARBINARY"},
};
constexpr std::array kPlain = {"BOOLEAN", "DOUBLE", "DATE",   "DATETIME",
                               "JSON",    "HLL",    "BITMAP", "PERCENTILE"};
// The width between brackets means nothing.
constexpr std::array kWithWidth = {"TINYINT", "SMALLINT", "INT", "BIGINT", "LARGEINT", "FLOAT"};

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool Brackets(TokenStream* in, std::optional<int>* first, std::optional<int>* second) {
  if (!in->TakeSymbol("(")) return true;
  int number = 0;
  if (!in->Integer("a number", &number)) return false;
  *first = number;
  if (second != nullptr && in->TakeSymbol(",")) {
    if (!in->Integer("a number", &number)) return false;
    *second = number;
  }
  return in->NeedSymbol(")");
}

bool Decimal(TokenStream* in, DataType* out) {
  if (!Brackets(in, &out->precision, &out->scale)) return false;
  // The engine's defaults.
  if (!out->precision) out->precision = 10;
  if (!out->scale) out->scale = 0;
  return true;
}

bool Nested(TokenStream* in, DataType* out) {
  if (!in->NeedSymbol("<")) return false;
  do {
    if (!in->MayAdd(out->fields.size(), kMostColumns, "fields in a type")) return false;
    StructField& field = out->fields.emplace_back();
    if (out->name == "STRUCT") {
      // Names of fields are printed without backticks, whatever they are.
      bool word = in->Peek().kind == Token::Kind::kWord;
      if (word) {
        if (in->Peek().value.size() > kMostNameBytes) return in->Fail("a shorter name");
        field.name = in->Take().value;
      } else if (!in->Name("a field's name", &field.name)) {
        return false;
      }
      in->TakeSymbol(":");
    }
    if (!ParseType(in, &field.type)) return false;
  } while (in->TakeSymbol(","));
  size_t count = out->name == "ARRAY" ? 1 : out->name == "MAP" ? 2 : out->fields.size();
  if (out->fields.size() != count) return in->Fail(count == 1 ? "one type" : "two types");
  return in->NeedSymbol(">");
}

}  // namespace

bool ParseType(TokenStream* in, DataType* out) {
  if (in->Peek().kind != Token::Kind::kWord) return in->Fail("a type");
  size_t position = in->position();
  DepthGuard guard(in->depth());
  if (guard.TooDeep()) return in->FailTooDeep(position);
  std::string name = in->Take().value;
  for (char& c : name) c = absl::ascii_toupper(static_cast<unsigned char>(c));
  for (const Alias& alias : kAliases) {
    if (alias.written == name) name = alias.name;
  }
  out->name = name;
  if (name == "STRING" || name == "TEXT") {
    out->name = "VARCHAR";
    out->length = kStringLength;
    // `STRING(10)` is a length that the engine drops.
    std::optional<int> dropped;
    return Brackets(in, &dropped, nullptr);
  }
  if (Contains(kPlain, name)) return true;
  if (Contains(kWithWidth, name)) {
    std::optional<int> dropped;
    return Brackets(in, &dropped, nullptr);
  }
  if (name == "DECIMAL") return Decimal(in, out);
  if (name == "CHAR" || name == "VARCHAR") {
    if (!Brackets(in, &out->length, nullptr)) return false;
    if (!out->length) out->length = 1;
    return true;
  }
  if (name == "VARBINARY") return Brackets(in, &out->length, nullptr);
  if (name == "ARRAY" || name == "MAP" || name == "STRUCT") return Nested(in, out);
  return in->FailAt(position, "a type");
}

}  // namespace stateserver::schema
