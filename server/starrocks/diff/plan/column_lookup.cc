// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/column_lookup.h"

#include "server/starrocks/ddl/parse/lexer.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {
namespace {

void InsertFolded(const std::vector<std::string>& names, std::set<std::string>* out) {
  for (const std::string& name : names) out->insert(Folded(name));
}

}  // namespace

std::set<std::string> WordsOf(const std::string& expression) {
  std::set<std::string> words;
  for (const Token& token : Lex(expression, "").tokens) {
    bool is_name = token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuotedName;
    if (is_name) words.insert(Folded(token.value));
  }
  return words;
}

ColumnLookup::ColumnLookup(const Table& table) : table_(table) {
  for (size_t i = 0; i < table.columns.size(); ++i) {
    places_.emplace(Folded(table.columns[i].name), i);
    AddReader(table.columns[i]);
  }
  if (table.key) InsertFolded(table.key->columns, &keys_);
  if (table.distribution) InsertFolded(table.distribution->columns, &distribution_);
  InsertFolded(table.order_by, &sort_);
  for (const Rollup& rollup : table.rollups) InsertFolded(rollup.columns, &rollups_);
  if (!table.partitioning) return;
  for (const std::string& term : table.partitioning->terms) {
    partition_words_.merge(WordsOf(term));
  }
}

const Column* ColumnLookup::Find(const std::string& name) const {
  auto found = places_.find(Folded(name));
  return found == places_.end() ? nullptr : &table_.columns[found->second];
}

std::string ColumnLookup::Reader(const std::string& name) const {
  auto found = readers_.find(Folded(name));
  return found == readers_.end() ? "" : found->second;
}

void ColumnLookup::AddReader(const Column& column) {
  if (!column.generated) return;
  for (const std::string& word : WordsOf(*column.generated)) readers_.emplace(word, column.name);
}

std::vector<std::string> ColumnLookup::ReadBy(const std::string& expression) const {
  std::set<size_t> places;
  for (const std::string& word : WordsOf(expression)) {
    auto found = places_.find(word);
    if (found != places_.end()) places.insert(found->second);
  }
  std::vector<std::string> names;
  for (size_t place : places) names.push_back(table_.columns[place].name);
  return names;
}

bool ColumnLookup::Contains(const std::set<std::string>& names, const std::string& name) {
  return names.contains(Folded(name));
}

}  // namespace stateserver::schema
