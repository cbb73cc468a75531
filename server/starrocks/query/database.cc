// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/query/database.h"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "common/text.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/node.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/words.h"

namespace stateserver::schema::query {

namespace {

using Kind = Node::Kind;

// Qualifiers finds the names that begin with the database.
class Qualifiers {
 public:
  explicit Qualifiers(const std::string& database) : database_(database) {}

  // Returns false if some name could mean something else.
  bool Find(const Node& query) {
    CollectNames(query);
    if (names_.contains(database_)) return false;
    CollectQualifiers(query);
    return true;
  }

  // Positions of the tokens that hold the database's name.
  const std::set<size_t>& tokens() const { return tokens_; }

 private:
  // Collects names of WITH and aliases.
  void CollectNames(const Node& node) {
    if (node.kind == Kind::kCte) names_.insert(node.text);
    if (node.kind == Kind::kCte) ctes_.insert(node.text);
    const bool relation = node.kind == Kind::kTable || node.kind == Kind::kFunction ||
                          node.kind == Kind::kDerived || node.kind == Kind::kPivot;
    if (relation)
      names_.insert(node.text.empty() && !node.parts.empty() ? node.parts.back() : node.text);
    ForEachChild(node, [&](const Node& child) { CollectNames(child); });
  }

  void CollectQualifiers(const Node& node) {
    const bool begins = !node.parts.empty() && node.parts[0] == database_;
    if (node.kind == Kind::kTable) {
      // Without the database, the name would be that of a WITH.
      if (begins && node.parts.size() == 2 && !ctes_.contains(node.parts[1])) {
        tokens_.insert(node.token);
      }
    } else if (node.kind == Kind::kName) {
      const bool relation = begins && node.parts.size() >= 3 && names_.contains(node.parts[1]);
      if (relation) tokens_.insert(node.token);
    } else if (node.kind == Kind::kStar) {
      if (begins && node.parts.size() == 2) tokens_.insert(node.token);
    }
    ForEachChild(node, [&](const Node& child) { CollectQualifiers(child); });
  }

  const std::string& database_;
  std::set<std::string> names_, ctes_;
  std::set<size_t> tokens_;
};

// Returns true if the bracket after this token belongs to a call.
bool IsCall(const Token& before) {
  if (before.kind == Token::Kind::kQuotedName) return true;
  if (before.kind != Token::Kind::kWord) return false;
  const std::string word = Upper(before.value);
  return !IsClauseWord(word) && word != "NOT" && word != "EXISTS" && word != "ALL" &&
         word != "EXCEPT" && word != "MINUS" && word != "CASE";
}

// Returns the positions of repeated brackets around subqueries: `((SELECT 1))` without the outer
// pair, except for those of a call and its argument.
std::set<size_t> RepeatedBrackets(const std::vector<Token>& tokens) {
  std::vector<size_t> open, close(tokens.size());
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (tokens[at].IsSymbol("(")) open.push_back(at);
    if (!tokens[at].IsSymbol(")") || open.empty()) continue;
    close[open.back()] = at;
    open.pop_back();
  }
  std::set<size_t> out;
  for (size_t at = 0; at + 1 < tokens.size(); ++at) {
    size_t inner = at;  // the innermost bracket of those that enclose the same text
    while (tokens[inner + 1].IsSymbol("(") && close[inner] == close[inner + 1] + 1) ++inner;
    if (!tokens[at].IsSymbol("(") || inner == at) continue;
    const std::string word = Upper(tokens[inner + 1].value);
    if (at > 0 && IsCall(tokens[at - 1])) ++at;
    for (; (word == "SELECT" || word == "WITH") && at < inner; ++at) {
      out.insert(at);
      out.insert(close[at]);
    }
    at = inner;
  }
  return out;
}

}  // namespace

std::string WithoutDatabase(std::string_view query, const std::string& database) {
  ParsedQuery parsed = ParseQuery(query);
  if (parsed.error) return std::string(query);
  Qualifiers qualifiers(database);
  const bool found = !database.empty() && qualifiers.Find(*parsed.query);
  std::set<size_t> brackets = RepeatedBrackets(parsed.tokens);
  std::string out;
  size_t copied = 0;
  for (size_t at = 0; at + 1 < parsed.tokens.size(); ++at) {
    const Token& token = parsed.tokens[at];
    size_t end = token.end();
    if (found && qualifiers.tokens().contains(at)) {
      end = parsed.tokens[at + 1].end();  // with the dot
    } else if (!brackets.contains(at)) {
      continue;
    }
    out.append(query.substr(copied, token.offset - copied));
    copied = end;
  }
  return out.append(query.substr(copied));
}

Object WithoutDatabase(Object object) {
  const std::string& database = object.name.database;
  if (auto* view = std::get_if<View>(&object.definition)) {
    view->query = WithoutDatabase(view->query, database);
  } else if (auto* materialized = std::get_if<MaterializedView>(&object.definition)) {
    materialized->query = WithoutDatabase(materialized->query, database);
  }
  return object;
}

std::set<std::string> OtherDatabases(std::string_view query, const std::string& database) {
  std::optional<Analysis> reads = AnalyzeText(query, database, nullptr);
  std::set<std::string> out;
  if (!reads) return out;
  for (const ObjectName& name : reads->relations) {
    if (name.database != database) out.insert(name.database);
  }
  for (const std::string& name : reads->external) out.insert(name.substr(0, name.rfind('.')));
  return out;
}

}  // namespace stateserver::schema::query
