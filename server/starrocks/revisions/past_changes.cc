// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/past_changes.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::revisions {

namespace {

using schema::Token;

// The engine prints these for every table, whether or not somebody set them.
constexpr std::array<std::string_view, 4> kAlwaysPrinted = {
    "compression", "fast_schema_evolution", "replicated_storage", "replication_num"};

// Words walks through the tokens of one statement.
class Words {
 public:
  explicit Words(const std::string& statement) : lexed_(schema::Lex(statement, "")) {}

  // Consumes the words if they come next.
  bool Take(std::initializer_list<std::string_view> words) {
    size_t at = at_;
    for (std::string_view word : words) {
      bool same = at < lexed_.tokens.size() && lexed_.tokens[at].kind != Token::Kind::kQuotedName &&
                  EqualIgnoringCase(lexed_.tokens[at].value, word);
      if (!same) return false;
      ++at;
    }
    at_ = at;
    return true;
  }
  // Consumes a name of one or more parts and returns the last part; "" if there is none.
  std::string Name() {
    std::string name;
    while (at_ < lexed_.tokens.size() && lexed_.tokens[at_].IsName()) {
      name = lexed_.tokens[at_++].value;
      if (!Take({"."})) break;
    }
    return name;
  }
  // Returns the keys of `"key" = "value", …`.
  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    for (size_t i = at_; i + 1 < lexed_.tokens.size(); ++i) {
      if (lexed_.tokens[i + 1].IsSymbol("=")) keys.push_back(lexed_.tokens[i].value);
    }
    return keys;
  }

 private:
  schema::Lexed lexed_;
  size_t at_ = 0;
};

const schema::Properties* PropertiesOf(const schema::Object& object) {
  if (const auto* table = std::get_if<schema::Table>(&object.definition)) {
    return &table->properties;
  }
  const auto* view = std::get_if<schema::MaterializedView>(&object.definition);
  return view == nullptr ? nullptr : &view->properties;
}

}  // namespace

PastChanges::PastChanges(const Graph& graph, const std::map<std::string, std::string>& applied) {
  for (const Revision& revision : graph.all()) {
    if (!applied.contains(revision.id)) continue;
    for (const SqlStep& step : revision.upgrade) {
      StatementFacts facts = Describe(step.statement);
      if (facts.kind == StatementFacts::Kind::kCreate) ReadCreate(step.statement);
      if (facts.kind == StatementFacts::Kind::kDrop) objects_.erase(facts.object);
      ReadAlter(step.statement);
    }
  }
}

void PastChanges::ReadCreate(const std::string& statement) {
  schema::ParsedScript script = schema::ParseScript(statement, "", "");
  for (const schema::Object& object : script.objects) {
    const schema::Properties* properties = PropertiesOf(object);
    if (properties == nullptr) continue;
    Facts facts;
    for (const auto& [key, value] : *properties) facts.properties.insert(key);
    bool copy = std::all_of(
        kAlwaysPrinted.begin(), kAlwaysPrinted.end(),
        [&](std::string_view key) { return facts.properties.contains(std::string(key)); });
    if (copy) {
      for (std::string_view key : kAlwaysPrinted) facts.properties.erase(std::string(key));
    }
    objects_[object.name.name] = std::move(facts);
  }
}

void PastChanges::ReadAlter(const std::string& statement) {
  Words words(statement);
  if (!words.Take({"ALTER", "TABLE"}) && !words.Take({"ALTER", "MATERIALIZED", "VIEW"})) return;
  std::string name = words.Name();
  Facts& facts = objects_[name];
  if (words.Take({"SET", "("})) {
    constexpr std::string_view kDefault = "default.";
    for (std::string key : words.Keys()) {
      if (key.starts_with(kDefault)) key.erase(0, kDefault.size());
      facts.properties.insert(key);
    }
  } else if (words.Take({"RENAME", "COLUMN"})) {
    std::string old_name = Lower(words.Name());
    if (!words.Take({"TO"})) return;
    std::string new_name = Lower(words.Name());
    auto found = facts.ids.find(old_name);
    std::string id = found == facts.ids.end() ? old_name : found->second;
    facts.ids.erase(old_name);
    if (id != new_name) facts.ids[new_name] = id;
  } else if (words.Take({"DROP", "COLUMN"})) {
    facts.ids.erase(Lower(words.Name()));
  } else if (words.Take({"SWAP", "WITH"})) {
    std::swap(facts, objects_[words.Name()]);
  } else if (words.Take({"RENAME"})) {
    Facts moved = std::move(facts);
    objects_.erase(name);
    objects_[words.Name()] = std::move(moved);
  }
}

bool PastChanges::Sets(const std::string& object, const std::string& property) const {
  auto found = objects_.find(object);
  return found != objects_.end() && found->second.properties.contains(property);
}

std::set<std::string> PastChanges::FormerColumns(const std::string& table) const {
  std::set<std::string> names;
  auto found = objects_.find(table);
  if (found == objects_.end()) return names;
  for (const auto& [name, id] : found->second.ids) names.insert(id);
  return names;
}

}  // namespace stateserver::revisions
