// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/parse/clauses.h"

#include "server/starrocks/ddl/limits.h"

namespace stateserver::schema {

bool ParseProperties(TokenStream* in, Properties* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostProperties, "properties in a list")) return false;
    size_t position = in->position();
    std::string key, value;
    if (!in->Text("a property's name in quotes", &key) || !in->NeedSymbol("=") ||
        !in->Text("a property's value in quotes", &value)) {
      return false;
    }
    if (!out->emplace(key, value).second) return in->FailAt(position, "each property once");
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool TakeProperties(TokenStream* in, Properties* out) {
  return !in->TakeWord("PROPERTIES") || ParseProperties(in, out);
}

bool TakeComment(TokenStream* in, std::string* out) {
  return !in->TakeWord("COMMENT") || in->Text("the comment in quotes", out);
}

bool ParseDistribution(TokenStream* in, Distribution* out) {
  out->random = in->TakeWord("RANDOM");
  if (!out->random && (!in->TakeWord("HASH") || !in->Names("a column's name", &out->columns))) {
    return in->Fail("HASH(columns) or RANDOM");
  }
  if (!in->TakeWord("BUCKETS")) return true;
  int buckets = 0;
  if (!in->Integer("the number of buckets", &buckets)) return false;
  // 0 is what leaving them out is.
  if (buckets > 0) out->buckets = buckets;
  return true;
}

bool ParseOrderBy(TokenStream* in, std::vector<std::string>* out) {
  return in->Names("a column's name", out);
}

bool ParseViewColumns(TokenStream* in, std::vector<ViewColumn>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostColumns, "columns")) return false;
    ViewColumn& column = out->emplace_back();
    if (!in->Name("a column's name", &column.name) || !TakeComment(in, &column.comment)) {
      return false;
    }
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool ParseObjectName(TokenStream* in, std::string_view what, std::string_view default_database,
                     ObjectName* out) {
  if (in->TakeWords({"IF", "NOT", "EXISTS"})) {
    // Says nothing of what is declared.
  }
  out->database = default_database;
  if (!in->Name(what, &out->name)) return false;
  if (!in->TakeSymbol(".")) return true;
  out->database = out->name;
  return in->Name(what, &out->name);
}

}  // namespace stateserver::schema
