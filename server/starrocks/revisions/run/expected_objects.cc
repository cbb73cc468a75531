// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/expected_objects.h"

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/text.h"
#include "revisions/statement.h"
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::revisions {
namespace {

using Kind = StatementFacts::Kind;

std::optional<schema::Object> ReadObject(const std::string& statement, const std::string& name,
                                         const std::string& database) {
  schema::ParsedScript script = schema::ParseScript(statement, name, database);
  if (!script.errors.empty() || script.objects.size() != 1) return std::nullopt;
  script.objects[0].name = {database, name};
  return std::move(script.objects[0]);
}

using DifferencesByName = std::map<std::string, std::string>;

void AddDifference(const std::string& name, std::string_view what, DifferencesByName* out) {
  std::string& text = (*out)[name];
  AppendTo(&text, text.empty() ? "" : "; ", what);
}

// Returns the attributes that differ, by object; nullopt if it cannot be determined.
std::optional<DifferencesByName> DifferencesOf(const schema::LiveSchema& live,
                                               const std::vector<schema::Object>& declared,
                                               const schema::query::RecordedQueries& recorded) {
  std::set<schema::ObjectName> names;
  for (const schema::Object& one : declared) names.insert(one.name);
  schema::PlanOptions options;
  options.recorded = &recorded;
  options.looked_at = [&](const schema::ObjectName& name) { return names.contains(name); };
  absl::StatusOr<schema::Plan> plan = MakePlan(live, /*printed=*/true, declared, options);
  if (!plan.ok()) return std::nullopt;
  DifferencesByName out;
  for (const schema::Step& step : plan->steps) {
    AddDifference(step.object.name, step.statement.substr(0, step.statement.find('\n')), &out);
  }
  for (const schema::Refusal& one : plan->refusals) {
    AddDifference(one.object.name, Cat(one.attribute, ": ", one.from, " -> ", one.to), &out);
  }
  return out;
}

// Compares all objects together, since views read others, or else one by one.
DifferencesByName AllDifferences(const schema::LiveSchema& live,
                                 const std::vector<schema::Object>& declared,
                                 const schema::query::RecordedQueries& recorded) {
  if (auto all = DifferencesOf(live, declared, recorded)) return *std::move(all);
  DifferencesByName out;
  for (const schema::Object& one : declared) {
    if (auto differences = DifferencesOf(live, {one}, recorded)) out.merge(*differences);
  }
  return out;
}

}  // namespace

void ExpectedObjects::Add(const Revision& revision) {
  for (const SqlStep& step : revision.upgrade) {
    StatementFacts facts = Describe(step.statement);
    if (!facts.database.empty() || facts.is_dml()) continue;
    const std::string& name = facts.object.empty() ? step.notes.object : facts.object;
    if (facts.kind == Kind::kRepeatable || name.empty()) continue;
    Expected& expected = objects_[name];
    expected = {revision.id, false, "", ""};
    if (facts.kind == Kind::kDrop) expected.dropped = true;
    if (facts.kind == Kind::kCreate) expected.create = step.statement;
    if (step.notes.object == name && step.notes.after != schema::kNoObject) {
      expected.digest = step.notes.after;
    }
    for (const std::string& other : {facts.renamed, facts.swapped}) {
      if (!other.empty()) objects_[other] = {revision.id, false, "", ""};
    }
    if (!facts.renamed.empty()) objects_[name] = {revision.id, true, "", ""};
  }
}

std::vector<std::string> ExpectedObjects::Differences(
    const std::map<std::string, LiveObjectState>& live, const schema::Engine& engine,
    const std::string& database, const schema::query::RecordedQueries& recorded) const {
  schema::LiveSchema there;
  there.engine = engine;
  there.database = database;
  std::set<std::string> unread;
  for (const auto& [name, state] : live) {
    auto object = ReadObject(state.statement, name, database);
    if (object) there.objects.push_back({*std::move(object), std::nullopt, ""});
    if (!object) unread.insert(name);
  }
  std::vector<schema::Object> declared;
  for (const auto& [name, expected] : objects_) {
    bool compared = expected.digest.empty() && live.contains(name) && !unread.contains(name);
    if (!compared || expected.create.empty()) continue;
    if (auto object = ReadObject(expected.create, name, database)) declared.push_back(*object);
  }
  const DifferencesByName differences = AllDifferences(there, declared, recorded);

  std::vector<std::string> out;
  auto note = [&](const std::string& name, const Expected& expected, const std::string& what) {
    out.push_back(Cat("'", name, "' ", what, " revision '", expected.revision, "'"));
  };
  for (const auto& [name, expected] : objects_) {
    auto found = live.find(name);
    bool says = expected.dropped || !expected.digest.empty() || !expected.create.empty();
    if (found == live.end()) {
      if (says && !expected.dropped) note(name, expected, "does not exist, unlike after");
    } else if (expected.dropped) {
      note(name, expected, "exists, and is dropped by");
    } else if (!expected.digest.empty()) {
      if (found->second.digest != expected.digest) {
        note(name, expected,
             Cat("has the digest ", found->second.digest, ", and ", expected.digest, " after"));
      }
    } else if (!expected.create.empty()) {
      auto difference = differences.find(name);
      if (unread.contains(name)) {
        note(name, expected, "differs (it cannot be read) from");
      } else if (difference != differences.end()) {
        note(name, expected, Cat("differs (", difference->second, ") from"));
      }
    }
  }
  return out;
}

}  // namespace stateserver::revisions
