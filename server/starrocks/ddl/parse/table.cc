// SPDX-License-Identifier: Apache-2.0
//
// CREATE TABLE.
#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/ascii.h"
#include "server/starrocks/ddl/limits.h"
#include "server/starrocks/ddl/parse/clauses.h"
#include "server/starrocks/ddl/parse/lexer.h"
#include "server/starrocks/ddl/parse/token_text.h"

namespace stateserver::schema {
namespace {

void Upper(std::string* text) {
  for (char& c : *text) c = absl::ascii_toupper(static_cast<unsigned char>(c));
}

bool Elements(TokenStream* in, Table* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->columns.size(), kMostColumns, "columns") ||
        !in->MayAdd(out->indexes.size(), kMostIndexes, "indexes")) {
      return false;
    }
    bool parsed = in->TakeWord("INDEX") ? ParseIndex(in, &out->indexes.emplace_back())
                                        : ParseColumn(in, &out->columns.emplace_back());
    if (!parsed) return false;
  } while (in->TakeSymbol(","));
  return in->TakeSymbol(")") || in->Fail("`,` or `)`");
}

bool TakeEngine(TokenStream* in, std::string* out) {
  if (!in->TakeWord("ENGINE")) return true;
  if (!in->NeedSymbol("=") || !in->Name("an engine", out)) return false;
  Upper(out);
  return true;
}

bool TakeKey(TokenStream* in, std::optional<KeyClause>* out) {
  struct Word {
    std::string_view word;
    KeyModel model;
  };
  for (auto [word, model] : {Word{"DUPLICATE", KeyModel::kDuplicate},
                             {"AGGREGATE", KeyModel::kAggregate},
                             {"UNIQUE", KeyModel::kUnique},
                             {"PRIMARY", KeyModel::kPrimary}}) {
    if (!in->TakeWords({word, "KEY"})) continue;
    return in->Names("a column's name", &out->emplace(KeyClause{model, {}}).columns);
  }
  return true;
}

constexpr std::string_view kHidden = "__generated_partition_column_";

// Whether the text can stand in PARTITION BY.
bool IsTerm(const std::string& expression) {
  Lexed lexed = Lex(expression, "");
  TokenStream in(expression, lexed.tokens, "");
  std::string term;
  return !lexed.error && in.NameOrCall("", &term) && in.Finished();
}

// The engine prints the columns that it made for the expressions of PARTITION BY.
void FoldHiddenColumns(Table* table) {
  auto hidden = [](const Column& column) {
    return column.name.starts_with(kHidden) && column.generated && IsTerm(*column.generated);
  };
  std::map<std::string, std::string> expressions;  // by the column's name
  std::erase_if(table->columns, [&](const Column& column) {
    if (!hidden(column)) return false;
    expressions.emplace(column.name, *column.generated);
    return true;
  });
  if (!table->partitioning) return;
  for (std::string& term : table->partitioning->terms) {
    auto found = expressions.find(term);
    if (found != expressions.end()) term = found->second;
  }
}

}  // namespace

bool ParseIndex(TokenStream* in, Index* out) {
  // Names of indexes are printed without backticks, whatever they are.
  if (!in->Name("an index's name", &out->name) || !in->Names("a column's name", &out->columns)) {
    return false;
  }
  out->type = "BITMAP";
  if (in->TakeWord("USING")) {
    if (!in->Name("BITMAP, NGRAMBF, GIN or VECTOR", &out->type)) return false;
    Upper(&out->type);
  }
  if (in->IsSymbol("(") && !ParseProperties(in, &out->properties)) return false;
  return TakeComment(in, &out->comment);
}

bool ParseRollups(TokenStream* in, std::vector<Rollup>* out) {
  if (!in->NeedSymbol("(")) return false;
  do {
    if (!in->MayAdd(out->size(), kMostIndexes, "rollups")) return false;
    Rollup& rollup = out->emplace_back();
    if (!in->Name("a rollup's name", &rollup.name) ||
        !in->Names("a column's name", &rollup.columns)) {
      return false;
    }
    if (in->TakeWords({"DUPLICATE", "KEY"}) &&
        !in->Names("a column's name", &rollup.duplicate_key)) {
      return false;
    }
    if (in->TakeWord("FROM") && !in->Name("a rollup's name", &rollup.from)) return false;
    if (!TakeProperties(in, &rollup.properties)) return false;
  } while (in->TakeSymbol(","));
  return in->NeedSymbol(")");
}

bool ParseTable(TokenStream* in, Table* out) {
  if (!Elements(in, out) || !TakeEngine(in, &out->engine) || !TakeKey(in, &out->key) ||
      !TakeComment(in, &out->comment)) {
    return false;
  }
  if (in->TakeWords({"PARTITION", "BY"}) && !ParsePartitioning(in, &out->partitioning.emplace())) {
    return false;
  }
  if (in->TakeWords({"DISTRIBUTED", "BY"}) &&
      !ParseDistribution(in, &out->distribution.emplace())) {
    return false;
  }
  if (in->TakeWords({"ORDER", "BY"}) && !ParseOrderBy(in, &out->order_by)) return false;
  if (in->TakeWord("ROLLUP") && !ParseRollups(in, &out->rollups)) return false;
  if (!TakeProperties(in, &out->properties)) return false;
  FoldHiddenColumns(out);
  if (in->AtEnd()) return true;
  return in->Fail(
      "one of ENGINE, the keys, COMMENT, PARTITION BY, DISTRIBUTED BY, ORDER BY, ROLLUP, "
      "PROPERTIES (in this order), or the end");
}

}  // namespace stateserver::schema
