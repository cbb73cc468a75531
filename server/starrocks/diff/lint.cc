// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/lint.h"

#include <set>

#include "common/text.h"
#include "server/starrocks/diff/compare/normal_table.h"

namespace stateserver::schema {

namespace {

constexpr char kDestructive[] = "destructive";
constexpr char kLossy[] = "not-reversible";
constexpr char kLongJob[] = "long-job";
constexpr char kInactive[] = "inactivates-mv";
constexpr char kReplication[] = "replication-one";
constexpr char kComment[] = "missing-comment";
constexpr char kKeyOrder[] = "key-order";

std::string FirstLine(const std::string& statement) {
  return statement.substr(0, statement.find('\n'));
}

class Linter {
 public:
  void Steps(const Plan& plan) {
    for (const Step& step : plan.steps) {
      if (step.destructive) Note(kDestructive, step.object, FirstLine(step.statement));
      if (step.undo.reversibility != Reversibility::kLossless) {
        Note(kLossy, step.object, Cat(FirstLine(step.statement), ": ", step.undo.why));
      }
      if (step.job) {
        Note(kLongJob, step.object,
             Cat(FirstLine(step.statement), ": a job that writes data in the background"));
      }
      if (step.step_class == StepClass::kMaterializedView && step.statement.ends_with(" ACTIVE")) {
        Note(kInactive, step.object, "earlier steps make it inactive for a while");
      }
    }
  }

  void TableRules(const ObjectName& name, const Table& table) {
    if (auto found = table.properties.find("replication_num");
        found != table.properties.end() && found->second == "1") {
      Note(kReplication, name, "one replica: a lost disk loses the data");
    }
    if (table.comment.empty()) Note(kComment, name, "the table has no comment");
    std::string bare;
    for (const Column& column : table.columns) {
      if (column.comment.empty()) AppendTo(&bare, bare.empty() ? "" : ", ", column.name);
    }
    if (!bare.empty()) Note(kComment, name, Cat("columns without a comment: ", bare));
    KeyRules(name, table);
  }

  std::vector<LintFinding> Take() { return std::move(out_); }

 private:
  // Rows are found by a short prefix of the key, which a long text terminates.
  void KeyRules(const ObjectName& name, const Table& table) {
    if (!table.key || table.key->columns.size() < 2) return;
    for (const Column& column : table.columns) {
      if (Folded(column.name) != Folded(table.key->columns.front())) continue;
      if (column.type && column.type->name == "VARCHAR") {
        Note(kKeyOrder, name,
             Cat("the key begins with the text ", column.name,
                 ", which ends the prefix index: put numbers and dates before it"));
      }
    }
  }

  void Note(std::string_view rule, const ObjectName& name, std::string message) {
    out_.push_back({std::string(rule), name, std::move(message)});
  }

  std::vector<LintFinding> out_;
};

}  // namespace

const std::vector<LintRule>& LintRules() {
  static const std::vector<LintRule> kRules = {
      {kDestructive, "a step drops a table, a column, a field or a partition with its data"},
      {kLossy, "a step cannot be undone, or not with all of its data"},
      {kLongJob, "a step starts a job that writes data"},
      {kInactive, "a materialized view is inactive between two steps"},
      {kReplication, "a table has `replication_num` 1"},
      {kComment, "a table or its columns have no comment"},
      {kKeyOrder, "a key of several columns begins with a text"},
  };
  return kRules;
}

std::vector<LintFinding> Lint(const Plan& plan, const std::vector<Object>& declared) {
  std::set<ObjectName> touched;
  for (const Step& step : plan.steps) touched.insert(step.object);
  Linter linter;
  linter.Steps(plan);
  for (const Object& object : declared) {
    const auto* table = std::get_if<Table>(&object.definition);
    if (table != nullptr && touched.contains(object.name)) linter.TableRules(object.name, *table);
  }
  return linter.Take();
}

}  // namespace stateserver::schema
