// SPDX-License-Identifier: Apache-2.0
//
// SQLMesh's `_migrate_rows`: gives the snapshots that environments use the fingerprints of the
// newest recipe, and updates the environments to the new snapshots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/migrations/runner.h"

namespace stateserver::migrations {

// Creates `pg_temp.name (columns)`.
absl::Status CreateTemp(postgres::Session& session, std::string_view name,
                        std::string_view columns);

// RowBuffer collects rows for one COPY.
class RowBuffer {
 public:
  // `target` is "table (columns)".
  RowBuffer(postgres::Session& session, std::string target)
      : session_(session), target_(std::move(target)) {}

  // Append the next field of the current row, in the order of the columns.
  void Text(std::string_view value) {
    Separate();
    postgres::AppendCopyField(value, &line_);
  }
  void Number(int64_t value) {
    Separate();
    line_ += std::to_string(value);
  }
  void Flag(bool value) {
    Separate();
    line_.push_back(value ? 't' : 'f');
  }
  void Null() {
    Separate();
    postgres::AppendCopyNull(&line_);
  }
  void EndRow();

  // Sends the buffered rows.
  absl::Status Flush();
  // Sends the buffered rows if there are many.
  absl::Status FlushWhenFull();

 private:
  void Separate() {
    if (!first_) line_.push_back('\t');
    first_ = false;
  }

  postgres::Session& session_;
  const std::string target_;
  std::string line_;
  bool first_ = true;
  size_t bytes_ = 0;
  std::vector<std::string> lines_;
};

// Migrates the rows. The tables must have the newest schema. Appends to `notes`. Errors are those
// of RunMigration.
absl::StatusOr<RowCounts> MigrateRows(postgres::Session& session, const RunOptions& options,
                                      const operations::Progress& progress,
                                      std::vector<transfer::Note>* notes);

}  // namespace stateserver::migrations
