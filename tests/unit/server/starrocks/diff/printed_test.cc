// SPDX-License-Identifier: Apache-2.0
//
// What a real engine prints after running a declaration does not differ from the declaration.
#include "server/starrocks/ddl/script.h"
#include "server/starrocks/diff/plan/planner.h"
#include "tests/unit/server/starrocks/ddl/corpus.h"

namespace stateserver::schema {
namespace {

using testing::DeclaredCase;

constexpr char kDatabase[] = "db1";

std::vector<Object> Objects(const std::string& sql, const std::string& what, bool printed) {
  ParsedScript script =
      printed ? ParsePrinted(sql, what, kDatabase) : ParseScript(sql, what, kDatabase);
  for (const ParseError& error : script.errors) ADD_FAILURE() << error.Text();
  return script.objects;
}

const Object* Find(const std::vector<Object>& objects, const std::string& name) {
  for (const Object& object : objects) {
    if (object.name.name == name) return &object;
  }
  return nullptr;
}

// Other tests compare the queries of views.
void RemoveQueries(std::vector<Object>* objects) {
  for (Object& object : *objects) {
    if (auto* view = std::get_if<View>(&object.definition)) view->query = "SELECT 1";
    if (auto* view = std::get_if<MaterializedView>(&object.definition)) view->query = "SELECT 1";
  }
}

LiveSchema Live(const DeclaredCase& one, const std::vector<Object>& declared) {
  LiveSchema live;
  live.database = kDatabase;
  live.engine.version = {4, 0, 2};
  auto add = [&](const std::string& name, const std::string& printed) {
    std::vector<Object> objects = Objects(printed, one.id + " " + name, /*printed=*/true);
    RemoveQueries(&objects);
    for (Object& object : objects) {
      object.name.name = name;
      live.objects.push_back({std::move(object), std::nullopt, printed});
    }
  };
  for (const auto& [name, printed] : one.shown) add(name, printed);
  for (const auto& [name, definition] : one.synchronous) {
    if (Find(declared, name) != nullptr) add(name, definition);
  }
  for (LiveObject& object : live.objects) {
    auto* table = std::get_if<schema::Table>(&object.object.definition);
    auto found = one.rollups.find(object.object.name.name);
    if (table == nullptr || found == one.rollups.end()) continue;
    for (const auto& [name, columns] : found->second) {
      if (Find(declared, name) == nullptr) table->rollups.push_back({name, columns, {}, "", {}});
    }
  }
  return live;
}

// Returns the differences that a plan finds, one a line.
std::string Differences(const LiveSchema& live, const std::vector<Object>& declared) {
  PlanOptions options;
  options.partitions = true;
  options.drop_undeclared = true;
  absl::StatusOr<Plan> plan = MakePlan(live, /*printed=*/true, declared, options);
  if (!plan.ok()) return std::string(plan.status().message());
  std::string text;
  for (const Step& step : plan->steps) text += step.statement + "\n";
  for (const Refusal& one : plan->refusals) {
    text += one.attribute + ": " + one.from + " -> " + one.to + "\n";
  }
  return text;
}

TEST(Printed, WhatTheEnginePrintsIsTheDeclaration) {
  int compared = 0;
  for (const DeclaredCase& one : testing::ReadDeclaredCases()) {
    std::vector<Object> declared = Objects(one.declared, one.id, /*printed=*/false);
    RemoveQueries(&declared);
    EXPECT_EQ(Differences(Live(one, declared), declared), "") << one.id << "\n" << one.declared;
    ++compared;
  }
  EXPECT_GT(compared, 690);
}

}  // namespace
}  // namespace stateserver::schema
