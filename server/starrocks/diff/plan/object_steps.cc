// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/diff/plan/object_steps.h"

#include "common/text.h"
#include "server/starrocks/ddl/lexer.h"
#include "server/starrocks/ddl/print.h"
#include "server/starrocks/diff/compare/normal_table.h"
#include "server/starrocks/query/database.h"

namespace stateserver::schema {

std::string ShortName(const ObjectName& name) { return QuoteName(name.name); }

std::string CreateStatement(const Object& object) {
  return Print({{"", object.name.name}, object.definition, object.place});
}

std::string DropStatement(const Object& object) {
  constexpr std::string_view kWords[] = {"TABLE", "VIEW", "MATERIALIZED VIEW"};
  return Cat("DROP ", kWords[object.definition.index()], " ", ShortName(object.name));
}

Step CreateStep(const Object& object) {
  Step step{object.name, StepClass::kCreate, CreateStatement(object), false, false, {}};
  if (IsRollup(object)) {
    step.step_class = StepClass::kRollup;
    step.job = true;
  }
  step.undo.statements = {DropStatement(object)};
  step.before = kNoObject;
  return step;
}

Step DropStep(const Object& object) {
  Step step{object.name, StepClass::kDrop, DropStatement(object), false, false, {}};
  step.undo.statements = {CreateStatement(query::WithoutDatabase(object))};
  step.after = kNoObject;
  if (KindOf(object) != ObjectKind::kTable) return step;
  step.destructive = true;
  step.undo.reversibility = Reversibility::kLossy;
  step.undo.why =
      "The table comes back empty; RECOVER TABLE restores its data while the engine keeps it";
  return step;
}

Step ActivateStep(const ObjectName& name) {
  Step step{name,
            StepClass::kMaterializedView,
            Cat("ALTER MATERIALIZED VIEW ", ShortName(name), " ACTIVE"),
            false,
            false,
            {}};
  // The undo makes it inactive again, and active at the end.
  step.undo.statements = {step.statement};
  return step;
}

Step RenameStep(const Object& object, const ObjectName& from, const ObjectName& to) {
  bool table = std::holds_alternative<Table>(object.definition);
  auto rename = [&](const ObjectName& old_name, const ObjectName& new_name) {
    return Cat(table ? "ALTER TABLE " : "ALTER MATERIALIZED VIEW ", ShortName(old_name), " RENAME ",
               ShortName(new_name));
  };
  Step step{object.name, StepClass::kMetadata, rename(from, to), false, false, {}};
  step.undo.statements = {rename(to, from)};
  return step;
}

}  // namespace stateserver::schema
