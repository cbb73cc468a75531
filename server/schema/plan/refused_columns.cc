// The changes of columns that the engine refuses, taken out of what is wanted.
#include <algorithm>

#include "common/text.h"
#include "server/schema/plan/column_clauses.h"
#include "server/schema/plan/column_rules.h"
#include "server/schema/plan/struct_fields.h"
#include "server/schema/print/print.h"

namespace stateserver::schema {
namespace {

class Refusals {
 public:
  explicit Refusals(TableWork* work) : work_(*work), fast_(IsFast(work->table, work->engine)) {}

  void Run() {
    RefuseChanges();
    RefuseAdditions();
    for (const Column& column : work_.table.columns) {
      if (FindColumn(work_.wanted, column.name) != nullptr) continue;
      if (auto refusal = RefuseDrop(work_, column)) {
        Note(&column, nullptr, *refusal);
        PutBack(column);
      }
    }
  }

 private:
  void Note(const Column* from, const Column* to, const ColumnRefusal& refusal) {
    work_.plan.Refuse(
        {Cat("column ", (to == nullptr ? from : to)->name),
         from == nullptr ? "" : PrintColumn(*from), to == nullptr ? "" : PrintColumn(*to)},
        refusal.reason, refusal.hint, refusal.rebuild);
  }

  void RefuseChanges() {
    for (Column& column : work_.wanted.columns) {
      const Column* there = FindColumn(work_.table, column.name);
      if (there == nullptr) continue;
      column.name = there->name;  // names have no case of their own
      if (NormalColumnText(*there) == NormalColumnText(column)) continue;
      if (auto fields = FieldClauses(*there, column); fields && !fields->empty()) {
        if (MayChangeFields(*there, column)) continue;
      } else if (auto refusal = RefuseModify(work_, *there, column)) {
        Note(there, &column, *refusal);
      } else {
        continue;
      }
      column = *there;
    }
  }

  bool MayChangeFields(const Column& from, const Column& to) {
    std::optional<std::string> missing = Missing(Feature::kStructFields, work_.engine.version);
    if (!missing && fast_) return true;
    Note(&from, &to,
         {missing ? *missing
                  : "Add field for struct column require table enable fast schema evolution",
          Cat("--rebuild ", work_.name.name, " builds the table anew."), true});
    return false;
  }

  void RefuseAdditions() {
    std::erase_if(work_.wanted.columns, [&](const Column& column) {
      if (FindColumn(work_.table, column.name) != nullptr) return false;
      auto refusal = RefuseAdd(work_, column);
      if (refusal) Note(nullptr, &column, *refusal);
      return refusal.has_value();
    });
  }

  void PutBack(const Column& column) {
    PutBackColumn(work_.table, column, &work_.wanted.columns);
    if (IsKeyColumn(work_.table, column.name)) work_.wanted.key = work_.table.key;
    if (IsDistributionColumn(work_.table, column.name)) {
      work_.wanted.distribution = work_.table.distribution;
    }
  }

  TableWork& work_;
  const bool fast_;
};

}  // namespace

void RefuseColumns(TableWork* work) { Refusals(work).Run(); }

}  // namespace stateserver::schema
