// Comments of the table and of its columns, which change at once.
#include "common/text.h"
#include "server/schema/parse/token_text.h"
#include "server/schema/plan/table_work.h"

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
  for (const Column& wanted : work->wanted.columns) {
    const Column* there = FindColumn(work->table, wanted.name);
    if (there == nullptr || there->comment == wanted.comment) continue;
    Column same = *there;
    same.comment = wanted.comment;
    same.name = wanted.name;
    if (NormalColumnText(same) != NormalColumnText(wanted)) continue;
    Table after = work->table;
    FindColumn(&after, wanted.name)->comment = wanted.comment;
    work->Add(StepClass::kMetadata,
              Cat("MODIFY COLUMN ", QuoteName(there->name), " COMMENT ", QuoteText(wanted.comment)),
              after);
  }
}

}  // namespace stateserver::schema
