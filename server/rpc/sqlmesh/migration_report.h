// SPDX-License-Identifier: Apache-2.0
//
// Conversion of migration reports to protocol messages.
#pragma once

#include "common/text.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/sqlmesh/migrations/runner.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::rpc {

// Writes the report to `out`. `Message` has steps, rows and notes: MigrateResult or
// MigrateFileReport.
template <typename Message>
void ReportToProto(const migrations::RunReport& report, Message* out) {
  const migrations::RowCounts& rows = report.rows;
  v1::MigratedRows* to_rows = out->mutable_rows();
  to_rows->set_snapshots_read(rows.snapshots_read);
  to_rows->set_fingerprints_native(rows.native);
  to_rows->set_fingerprints_by_worker(rows.by_worker);
  to_rows->set_fingerprints_kept(rows.kept);
  to_rows->set_snapshots_unchanged(rows.unchanged);
  to_rows->set_snapshots_written(rows.written);
  to_rows->set_environments(rows.environments);
  to_rows->set_environments_written(rows.environments_written);
  for (const migrations::StepSummary& step : report.steps) {
    v1::MigrationStep* to = out->add_steps();
    to->set_number(step.number);
    to->set_title(step.title);
    to->set_rows_rewritten(step.rows_rewritten);
  }
  for (const transfer::Note& note : report.notes) *out->add_notes() = ToProto(note);
  if (report.rewrite_python.has_value()) {
    v1::RewritePython* python = out->mutable_rewrite_python();
    python->set_release(report.rewrite_python->release);
    v1::RewritePythonSource source = v1::REWRITE_PYTHON_SOURCE_UNSPECIFIED;
    v1::RewritePythonSource_Parse("REWRITE_PYTHON_SOURCE_" + Upper(report.rewrite_python->source),
                                  &source);
    python->set_source(source);
  }
}

}  // namespace stateserver::rpc
