// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's migrations 61 to 102: their effects on the tables and the stored JSON, without the row
// migration that follows them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/platform/workers/payload_rewriter.h"
#include "server/sqlmesh/migrations/steps/python_forms.h"

namespace stateserver::migrations {

struct Step {
  int number;  // the resulting schema version
  std::string_view title;
};

// Returns all steps, 61 to 102, in order.
const std::vector<Step>& Steps();

struct StepReport {
  int number = 0;
  std::string_view title;
  // Number of snapshots and environments (69) whose JSON or columns the step changed, or of rows of
  // `_intervals` that it changed or deleted (71); otherwise 0.
  int64_t rows_rewritten = 0;
  std::vector<std::string> warnings;  // SQLMesh's own messages
};

struct SchemaRun {
  std::string schema;
  int from = 0;  // the state's schema version, 60 to 102
  // Rewrites payloads that need Python. If null, a state with such payloads is rejected.
  workers::PayloadRewriter* python = nullptr;
  std::function<void(std::string_view step, int64_t done, int64_t total)> progress;
  // The Python release in whose form payloads are written. If empty, what the payloads tell, or
  // else the release of the worker.
  std::string rewrite_python;
};

struct SchemaReport {
  std::vector<StepReport> steps;  // one per step after `from`, in order
  PythonForms forms;
};

// Migrates the tables from `from` to 102 in the current transaction of `session`. The caller holds
// the locks and rolls back after an error. Leaves `_versions` unchanged. Memory is bounded by the
// largest document, not by the number of rows. Returns STATE_CORRUPT, naming the row and the
// remedy, for a missing column or table or one of another type, JSON that is invalid or has an
// unexpected structure, and duplicate rows. Returns PYTHON_NEEDED if `python` is null and a payload
// needs it.
absl::StatusOr<SchemaReport> RunSchemaSteps(postgres::Session& session, const SchemaRun& run);

}  // namespace stateserver::migrations
