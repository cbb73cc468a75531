// SPDX-License-Identifier: Apache-2.0
//
// Comments of the table and of its columns, which change at once.
#include <map>

#include "common/text.h"
#include "server/starrocks/ddl/parse/token_text.h"
#include "server/starrocks/diff/plan/table_work.h"

namespace stateserver::schema {
namespace {

void PlanTableComment(TableWork* work) {
  if (work->table.comment == work->wanted.comment) return;
  if (auto missing = Missing(Feature::kAlterTableComment, work->engine.version)) {
    work->plan.Refuse({"comment", QuoteText(work->table.comment), QuoteText(work->wanted.comment)},
                      *missing, "Upgrade the engine, or leave the comment.");
    return;
  }
  Table after = work->table;
  after.comment = work->wanted.comment;
  work->Add(StepClass::kMetadata, Cat("COMMENT = ", QuoteText(after.comment)), after);
}

}  // namespace

void PlanComments(TableWork* work) {
  PlanTableComment(work);
  // Without the clause a comment is changed by a MODIFY of the whole column.
  if (!Has(Feature::kColumnCommentClause, work->engine.version)) return;
  std::map<std::string, size_t> places;  // they stay; the table moves from step to step
  for (size_t i = 0; i < work->table.columns.size(); ++i) {
    places.emplace(Folded(work->table.columns[i].name), i);
  }
  for (const Column& wanted : work->wanted.columns) {
    auto place = places.find(Folded(wanted.name));
    if (place == places.end()) continue;
    const Column* there = &work->table.columns[place->second];
    if (there->comment == wanted.comment) continue;
    if (!work->MayContinue(work->size())) return;
    Column same = *there;
    same.comment = wanted.comment;
    same.name = wanted.name;
    if (NormalColumnText(same) != NormalColumnText(wanted)) continue;
    std::string modify = Cat("MODIFY COLUMN ", QuoteName(there->name), " COMMENT ");
    Undo undo{Reversibility::kLossless, {modify + QuoteText(there->comment)}, ""};
    Table after = work->table;
    after.columns[place->second].comment = wanted.comment;
    work->Add(StepClass::kMetadata, modify + QuoteText(wanted.comment), std::move(after)).undo =
        std::move(undo);
  }
}

}  // namespace stateserver::schema
