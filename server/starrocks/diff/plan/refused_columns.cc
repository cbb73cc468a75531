// SPDX-License-Identifier: Apache-2.0
//
// The changes of columns that the engine refuses, taken out of what is wanted.
#include <algorithm>
#include <set>

#include "common/text.h"
#include "server/starrocks/ddl/print/print.h"
#include "server/starrocks/diff/plan/column_clauses.h"
#include "server/starrocks/diff/plan/column_rules.h"
#include "server/starrocks/diff/plan/struct_fields.h"

namespace stateserver::schema {
namespace {

class Refusals {
 public:
  explicit Refusals(TableWork* work)
      : work_(*work), fast_(IsFast(work->table, work->engine)), table_(work->table) {}

  void Run() {
    RefuseChanges();
    RefuseAdditions();
    RefuseDrops();
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
      const Column* there = table_.Find(column.name);
      if (there == nullptr) continue;
      if (!work_.MayContinue()) return;
      column.name = there->name;  // names have no case of their own
      if (NormalColumnText(*there) == NormalColumnText(column)) continue;
      if (auto fields = FieldClauses(*there, column); fields && !fields->empty()) {
        if (MayChangeFields(*there, column)) continue;
      } else if (auto refusal = RefuseModify(work_, table_, *there, column)) {
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
      if (table_.Has(column.name)) return false;
      auto refusal = RefuseAdd(work_, column);
      if (refusal) Note(nullptr, &column, *refusal);
      return refusal.has_value();
    });
  }

  void RefuseDrops() {
    ColumnLookup wanted(work_.wanted);
    std::set<std::string> kept;
    bool key = false, distribution = false;
    for (const Column& column : work_.table.columns) {
      if (wanted.Has(column.name)) continue;
      auto refusal = RefuseDrop(work_, table_, wanted, column);
      if (!refusal) continue;
      Note(&column, nullptr, *refusal);
      kept.insert(Folded(column.name));
      wanted.AddReader(column);
      key = key || table_.IsKey(column.name);
      distribution = distribution || table_.IsDistribution(column.name);
    }
    if (kept.empty()) return;
    PutBackColumns(work_.table, kept, &work_.wanted.columns);
    if (key) work_.wanted.key = work_.table.key;
    if (distribution) work_.wanted.distribution = work_.table.distribution;
  }

  TableWork& work_;
  const bool fast_;
  const ColumnLookup table_;
};

}  // namespace

void RefuseColumns(TableWork* work) { Refusals(work).Run(); }

}  // namespace stateserver::schema
