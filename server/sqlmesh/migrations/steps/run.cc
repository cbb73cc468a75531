// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/steps/environments_69.h"
#include "server/sqlmesh/migrations/steps/intervals_71.h"
#include "server/sqlmesh/migrations/steps/snapshot_pass.h"
#include "server/sqlmesh/migrations/steps/steps.h"
#include "server/sqlmesh/migrations/steps/tables.h"

namespace stateserver::migrations {
namespace {

constexpr int kFirst = 61;
constexpr int kLast = 102;

absl::Status ChangeTables(postgres::Session& session, const SchemaRun& run) {
  std::string sql;
  for (const Step& step : Steps()) {
    if (step.number > run.from) sql += DefinitionSql(step.number, run.schema);
  }
  return sql.empty() ? absl::OkStatus() : session.Execute(sql);
}

}  // namespace

absl::StatusOr<std::vector<StepReport>> RunSchemaSteps(postgres::Session& session,
                                                       const SchemaRun& run) {
  if (run.from < kFirst - 1 || run.from > kLast) {
    return Error(Reason::INTERNAL, Cat("no steps lead from schema version ", run.from));
  }
  std::vector<StepReport> reports;
  for (const Step& step : Steps()) {
    if (step.number > run.from) reports.push_back({step.number, step.title, 0, {}});
  }
  if (reports.empty()) return reports;
  auto report = [&](int number) { return &reports[static_cast<size_t>(number - run.from - 1)]; };
  RETURN_IF_ERROR(ChangeTables(session, run));
  RETURN_IF_ERROR(SnapshotPass(session, run, report).Run());
  if (run.from < 69) RETURN_IF_ERROR(RenameInEnvironments(session, run, report(69)));
  if (run.from < 71) RETURN_IF_ERROR(CleanIntervals(session, run, report(71)));
  return reports;
}

}  // namespace stateserver::migrations
