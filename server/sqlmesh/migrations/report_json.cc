// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/report_json.h"

#include "common/text.h"

namespace stateserver::migrations {

std::string ReportJson(const store::Versions& after, const RunReport& report) {
  const RowCounts& rows = report.rows;
  return Cat("{\"schema_version\":", after.schema_version, ",\"sqlmesh_version\":\"",
             after.sqlmesh_version, "\",\"steps\":", report.steps.size(),
             ",\"snapshots_read\":", rows.snapshots_read, ",\"fingerprints_native\":", rows.native,
             ",\"fingerprints_by_worker\":", rows.by_worker, ",\"fingerprints_kept\":", rows.kept,
             ",\"snapshots_unchanged\":", rows.unchanged, ",\"snapshots_written\":", rows.written,
             ",\"environments\":", rows.environments,
             ",\"environments_written\":", rows.environments_written, "}");
}

}  // namespace stateserver::migrations
