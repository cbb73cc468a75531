// SPDX-License-Identifier: Apache-2.0
//
// One pass over `_snapshots`: every row is read once, taken through all steps,
// and written once where one of them changed it.
#pragma once

#include <simdjson.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "server/sqlmesh/migrations/steps/payloads.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// The reports of one run, by the step's number.
using ReportOf = std::function<StepReport*(int number)>;

// A temporary table that 71 leaves for the intervals: name, identifier,
// dev_version and own, of every snapshot (own) and their previous versions.
inline constexpr std::string_view kDevVersionsTable = "pg_temp.migrated_dev_versions";

class SnapshotPass {
 public:
  SnapshotPass(postgres::Session& session, const SchemaRun& run, ReportOf report);

  // The tables have the definitions of schema 102. Leaves kDevVersionsTable
  // behind where the run includes 71.
  absl::Status Run();

 private:
  absl::Status CreateStage();
  absl::Status ReadBatch(std::deque<SnapshotRow>* rows);
  absl::StatusOr<std::string> ReadLarge(const std::string& name, const std::string& identifier);
  absl::Status ApplySteps(std::deque<SnapshotRow>& rows);
  absl::Status Stage(std::deque<SnapshotRow>& rows);
  absl::Status StageDevVersions(std::deque<SnapshotRow>& rows);
  absl::Status Write();
  bool Includes(int number) const { return run_.from < number; }

  postgres::Session& session_;
  const SchemaRun& run_;
  ReportOf report_;
  PayloadSteps payloads_;
  simdjson::dom::parser parser_;
  int64_t staged_ = 0;
};

}  // namespace stateserver::migrations
