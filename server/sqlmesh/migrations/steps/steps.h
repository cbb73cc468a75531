// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's migrations 61 to 102: what each of them does to the tables and to
// the stored JSON, without the row migration that follows them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/platform/workers/payload_rewriter.h"

namespace stateserver::migrations {

// What a step is about; several may go together (bits).
enum class StepKind : uint8_t {
  kDdl = 1,          // tables or columns
  kJson = 2,         // rewrites stored JSON
  kWarning = 4,      // only looks, and may warn
  kFingerprint = 8,  // the recipe of fingerprints changed; the row migration does the work
  kNothing = 16,     // nothing on PostgreSQL
};

struct Step {
  int number;  // the schema version it leads to
  uint8_t kinds;
  std::string_view first_release;  // of SQLMesh with this schema or a newer one
  std::string_view title;
  bool Has(StepKind kind) const { return (kinds & static_cast<uint8_t>(kind)) != 0; }
};

// All of them, 61 to 102, by number.
const std::vector<Step>& Steps();

struct StepReport {
  int number = 0;
  std::string_view title;
  // Snapshots and environments (69) whose JSON or columns the step changed;
  // rows of `_intervals` it changed or deleted (71); else 0.
  int64_t rows_rewritten = 0;
  std::vector<std::string> warnings;  // sentences of SQLMesh's own
};

struct SchemaRun {
  std::string schema;
  int from = 0;  // the state's schema version, 60 to 102
  // For payloads that only Python can rewrite; null: a state that has some is
  // refused.
  workers::PayloadRewriter* python = nullptr;
  std::function<void(std::string_view step, int64_t done, int64_t total)> progress;
};

// Takes the tables from `from` to 102, in the transaction `session` is in (the
// caller holds the locks and rolls back after an error). One report per step
// after `from`, in order. `_versions` is left alone. Memory is bounded by the
// largest document, not by the number of rows.
// STATE_CORRUPT, naming the row and what to do: a column or table missing or of
// another type, JSON that does not parse or has not the expected shape, a row
// twice. PYTHON_NEEDED when `python` is null and a payload needs it.
absl::StatusOr<std::vector<StepReport>> RunSchemaSteps(postgres::Session& session,
                                                       const SchemaRun& run);

}  // namespace stateserver::migrations
