// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/ddl/references.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/depth.h"
#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/query/analysis.h"
#include "server/starrocks/query/parser.h"
#include "server/starrocks/query/rewrite.h"

namespace stateserver::schema {

namespace {

// Collects all names of a query that was not understood, alone and with the name before them.
void CollectNames(const std::vector<Token>& tokens, const std::string& database, References* out) {
  for (size_t at = 0; at < tokens.size(); ++at) {
    if (!tokens[at].IsName()) continue;
    out->relations.insert({database, tokens[at].value});
    if (at + 2 < tokens.size() && tokens[at + 1].IsSymbol(".") && tokens[at + 2].IsName()) {
      out->relations.insert({tokens[at].value, tokens[at + 2].value});
    }
  }
  out->columns = out->words;
  out->star = true;
}

class Sorter {
 public:
  Sorter(const std::vector<const Object*>& objects, ReferenceCache* references)
      : references_(*references) {
    for (const Object* object : objects) by_name_[object->name] = object;
  }

  absl::StatusOr<std::vector<const Object*>> Sort() {
    for (const auto& [name, object] : by_name_) {
      if (std::holds_alternative<Table>(object->definition)) out_.push_back(object);
    }
    for (const auto& [name, object] : by_name_) {
      RETURN_IF_ERROR(Visit(object).status());
    }
    return std::move(out_);
  }

 private:
  // Returns the number of views it reads through; 0 for a table.
  absl::StatusOr<int> Visit(const Object* object) {
    if (std::holds_alternative<Table>(object->definition)) return 0;
    auto [known, is_new] = depths_.try_emplace(object, kOpen);
    if (!is_new) return known->second == kOpen ? Ring(object) : absl::StatusOr<int>(known->second);
    DepthGuard guard(&level_);
    if (guard.TooDeep()) return TooDeep(object);
    path_.push_back(object);
    int depth = 1;
    for (const ObjectName& name : references_.Of(*object).relations) {
      auto found = by_name_.find(name);
      if (found == by_name_.end()) continue;
      if (!references_.Of(*object).unclear.empty() && IsOpen(found->second)) continue;
      ASSIGN_OR_RETURN(int below, Visit(found->second));
      depth = std::max(depth, below + 1);
    }
    path_.pop_back();
    if (depth > kMostDepth) return TooDeep(object);
    depths_[object] = depth;
    out_.push_back(object);
    return depth;
  }

  bool IsOpen(const Object* object) const {
    auto depth = depths_.find(object);
    return depth != depths_.end() && depth->second == kOpen;
  }

  static absl::Status TooDeep(const Object* object) {
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads through more than ", kMostDepth, " views"),
                 "Change it to read their tables.",
                 {{"file", place.source}, {"line", Cat(place.line)}});
  }

  absl::Status Ring(const Object* object) const {
    std::string ring;
    for (auto at = std::find(path_.begin(), path_.end(), object); at != path_.end(); ++at) {
      AppendTo(&ring, (*at)->name.name, " -> ");
    }
    const SourcePlace& place = object->place;
    return Error(Reason::SCHEMA_INVALID,
                 Cat(place.source, ":", place.line, ":", place.column, ": ", object->name.Text(),
                     " reads itself: ", ring, object->name.name),
                 "Remove one of them from the cycle.",
                 {{"file", place.source}, {"line", Cat(place.line)}});
  }

  static constexpr int kOpen = -1;
  std::map<ObjectName, const Object*> by_name_;
  ReferenceCache& references_;
  std::map<const Object*, int> depths_;
  int level_ = 0;
  std::vector<const Object*> path_, out_;
};

}  // namespace

const References& ReferenceCache::Of(const Object& object) {
  auto [found, is_new] = known_.try_emplace(&object);
  if (is_new) found->second = ReferencesOf(QueryOf(object), object.name.database);
  return found->second;
}

const std::string& QueryOf(const Object& object) {
  static const std::string kNone;
  if (const auto* view = std::get_if<View>(&object.definition)) return view->query;
  if (const auto* view = std::get_if<MaterializedView>(&object.definition)) return view->query;
  return kNone;
}

References ReferencesOf(std::string_view text, const std::string& database) {
  query::ParsedQuery parsed = query::ParseQuery(text);
  References out;
  if (parsed.tokens.size() <= 1) return out;  // a table has no query
  for (const Token& token : parsed.tokens) {
    if (token.IsName()) out.words.insert(Lower(token.value));
  }
  if (parsed.error) {
    out.unclear = parsed.error->Message();
    CollectNames(parsed.tokens, database, &out);
    return out;
  }
  query::Rewrite(&parsed.query);
  query::Analysis reads = query::Analyze(parsed.query.get(), database, nullptr);
  out.relations = std::move(reads.relations);
  out.columns = std::move(reads.unresolved);
  for (const auto& [relation, columns] : reads.columns) {
    out.columns.insert(columns.begin(), columns.end());
  }
  out.star = out.columns.erase("*") > 0;
  return out;
}

std::set<std::string> RelationsIn(std::string_view query, const std::string& database) {
  std::set<std::string> names;
  for (const ObjectName& name : ReferencesOf(query, database).relations) {
    if (name.database == database) names.insert(name.name);
  }
  return names;
}

absl::StatusOr<std::vector<const Object*>> DependencyOrder(
    const std::vector<const Object*>& objects, ReferenceCache* references) {
  return Sorter(objects, references).Sort();
}

}  // namespace stateserver::schema
