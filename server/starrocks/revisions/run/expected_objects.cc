// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/revisions/run/expected_objects.h"

#include <optional>
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

// Returns the attributes that differ; "" if none do, or if it cannot be determined.
std::string DifferencesOf(const schema::Object& live, const schema::Object& declared,
                          const schema::Engine& engine) {
  schema::LiveSchema from;
  from.engine = engine;
  from.database = live.name.database;
  from.objects.push_back({live, std::nullopt, ""});
  schema::PlanOptions options;
  options.looked_at = [&](const schema::ObjectName& name) { return name == declared.name; };
  absl::StatusOr<schema::Plan> plan = MakePlan(from, /*printed=*/true, {declared}, options);
  if (!plan.ok()) return "";
  std::string text;
  for (const schema::Step& step : plan->steps) {
    AppendTo(&text, text.empty() ? "" : "; ", step.statement.substr(0, step.statement.find('\n')));
  }
  for (const schema::Refusal& one : plan->refusals) {
    AppendTo(&text, text.empty() ? "" : "; ", one.attribute, ": ", one.from, " -> ", one.to);
  }
  return text;
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
    const std::string& database) const {
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
      auto there = ReadObject(found->second.statement, name, database);
      auto wanted = ReadObject(expected.create, name, database);
      std::string difference;
      if (there && wanted) difference = DifferencesOf(*there, *wanted, engine);
      if (!there) difference = "it cannot be read";
      if (!difference.empty()) {
        note(name, expected, Cat("differs (", difference, ") from"));
      }
    }
  }
  return out;
}

}  // namespace stateserver::revisions
