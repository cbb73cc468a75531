// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/engine/readers.h"

#include <algorithm>
#include <vector>

#include "server/starrocks/ddl/references.h"
#include "server/starrocks/ddl/script.h"

namespace stateserver::starrocks {
namespace {

using Kind = ListedDefinition::Kind;
using Reads = std::map<std::string, std::set<std::string>>;

// Returns the objects of the database that the definition reads.
std::set<std::string> RelationsOf(const ListedDefinition& listed, const std::string& database) {
  std::string query = listed.text;
  if (listed.kind != Kind::kView) {
    schema::ParsedScript script = schema::ParsePrinted(listed.text, "listed", database);
    bool understood = script.errors.empty() && script.objects.size() == 1;
    if (understood) query = schema::QueryOf(script.objects[0]);
  }
  return schema::RelationsIn(query, database);
}

// Returns what reads one of `names`, directly or through others.
std::set<std::string> Above(const Reads& reads, const std::set<std::string>& names) {
  std::map<std::string, std::vector<std::string>> read_by;
  for (const auto& [reader, relations] : reads) {
    for (const std::string& name : relations) read_by[name].push_back(reader);
  }
  std::set<std::string> reached;
  std::vector<std::string> open(names.begin(), names.end());
  while (!open.empty()) {
    std::string name = std::move(open.back());
    open.pop_back();
    for (const std::string& reader : read_by[name]) {
      if (reached.insert(reader).second) open.push_back(reader);
    }
  }
  return reached;
}

}  // namespace

std::set<std::string> FindReaders(const std::map<std::string, ListedDefinition>& listed,
                                  const std::set<std::string>& names, const std::string& database) {
  Reads reads;
  std::set<std::string> found;
  for (const auto& [name, definition] : listed) {
    std::set<std::string> relations = RelationsOf(definition, database);
    if (definition.kind != Kind::kSynchronous) {
      reads[name] = std::move(relations);
    } else if (std::any_of(relations.begin(), relations.end(),
                           [&](const auto& relation) { return names.contains(relation); })) {
      found.insert(name);
    }
  }
  std::set<std::string> above = Above(reads, names);
  std::vector<std::string> open;
  for (const std::string& name : above) {
    if (listed.at(name).kind == Kind::kMaterialized) open.push_back(name);
  }
  // Views count only below a materialized view.
  while (!open.empty()) {
    std::string name = std::move(open.back());
    open.pop_back();
    if (!found.insert(name).second) continue;
    for (const std::string& relation : reads.at(name)) {
      if (above.contains(relation)) open.push_back(relation);
    }
  }
  return found;
}

}  // namespace stateserver::starrocks
