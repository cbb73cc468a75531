// SPDX-License-Identifier: Apache-2.0

#include "server/starrocks/apply/plan_check.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "common/utf8.h"

namespace stateserver::apply {
namespace {

constexpr size_t kMostShownStatement = 300;

std::string Shorter(const std::string& statement) {
  if (statement.size() <= kMostShownStatement) return statement;
  return Cat(TruncateUtf8(statement, kMostShownStatement), "…");
}

bool DestroysData(const Clause& clause) {
  const auto* field = std::get_if<ChangeField>(&clause);
  return std::holds_alternative<DropColumn>(clause) ||
         std::holds_alternative<DropPartitions>(clause) ||
         std::holds_alternative<TruncatePartitions>(clause) || (field != nullptr && !field->type);
}

// Returns the columns and partitions of the table that the statement copies.
size_t SizeOf(const ParsedStatement& statement, const Catalog& catalog) {
  const Entry* entry = catalog.Find(statement.object.name);
  const TableState* table = entry == nullptr ? nullptr : entry->table();
  if (table == nullptr) return 0;
  const auto& partitioning = table->table.partitioning;
  return table->table.columns.size() + (partitioning ? partitioning->partitions.size() : 0);
}

}  // namespace

bool DestroysData(const ParsedStatement& statement) {
  if (!statement.statement) return false;
  const auto& action = statement.statement->action;
  if (const auto* drop = std::get_if<DropObject>(&action)) {
    return drop->kind == DropObject::Kind::kTable;
  }
  if (const auto* alter = std::get_if<AlterTable>(&action)) {
    return std::any_of(alter->clauses.begin(), alter->clauses.end(),
                       [](const Clause& clause) { return DestroysData(clause); });
  }
  return std::holds_alternative<TruncateTable>(action);
}

PlanCheck CheckStatements(const std::vector<PlannedStatement>& statements, Catalog before,
                          const schema::Engine& engine, WorkMeter* meter) {
  PlanCheck out;
  size_t destructive = 0;
  for (size_t i = 0; i < statements.size() && !out.refused; ++i) {
    ParsedStatement parsed = ParseStatement(statements[i].text);
    size_t units = statements[i].text.size() + SizeOf(parsed, before) + before.objects.size();
    if (meter != nullptr && !meter->MayContinue(static_cast<int64_t>(units))) break;
    Applied applied = Apply(parsed, std::move(before), engine);
    before = std::move(applied.after);
    Judged judged{i + 1, std::move(applied.verdict)};
    if (judged.verdict.refused()) {
      out.refused = std::move(judged);
    } else if (judged.verdict.unknown()) {
      if (destructive > 0 && !out.destructive_before_unknown) {
        out.destructive_before_unknown = {destructive, i + 1};
      }
      out.unknown.push_back(std::move(judged));
    }
    bool destroys = statements[i].destructive || DestroysData(parsed);
    if (destroys && destructive == 0) destructive = i + 1;
  }
  out.after = std::move(before);
  return out;
}

std::string RefusalText(const Judged& refused, const std::string& statement) {
  return Cat("StarRocks refuses statement ", refused.number, ", `", Shorter(statement),
             "`: ", refused.verdict.words, " (", refused.verdict.evidence, ")");
}

PlanCheck CheckSteps(const schema::LiveSchema& from, bool printed, schema::Plan* plan,
                     WorkMeter* meter) {
  std::vector<PlannedStatement> statements;
  for (const schema::Step& step : plan->steps) {
    statements.push_back({step.statement, step.destructive});
  }
  PlanCheck out = CheckStatements(statements, MakeCatalog(from, printed), from.engine, meter);
  for (const Judged& one : out.unknown) {
    plan->warnings.push_back({plan->steps[one.number - 1].object, "",
                              Cat("it is not known whether StarRocks takes statement ", one.number,
                                  ": ", one.verdict.words)});
  }
  if (out.refused) {
    const schema::Step& step = plan->steps[out.refused->number - 1];
    plan->refusals.push_back({step.object, Cat("statement ", out.refused->number), "", "",
                              RefusalText(*out.refused, step.statement),
                              "Change the declaration; no statement of this plan was sent."});
  }
  return out;
}

}  // namespace stateserver::apply
