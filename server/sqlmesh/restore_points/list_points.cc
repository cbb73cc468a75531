// SPDX-License-Identifier: Apache-2.0
//
// Which restore points there are, and which are too many.
#include "common/error.h"
#include "common/text.h"
#include "server/operations/rows.h"
#include "server/operations/schema.h"
#include "server/sqlmesh/restore_points/restore_points.h"

namespace stateserver::operations {
namespace {

constexpr char kColumns[] =
    "id, created_ts, reason, operation_id, schema_version, sqlglot_version, sqlmesh_version,"
    " snapshots, environments, interval_rows, raw_bytes, stored_bytes";

RestorePoint ReadPoint(const postgres::Result& rows, size_t row) {
  RestorePoint point;
  point.id = rows.Text(row, 0);
  point.created_ts = rows.Int(row, 1);
  point.reason = rows.Text(row, 2);
  point.operation_id = rows.Text(row, 3);
  point.versions.schema_version = static_cast<int>(rows.Int(row, 4));
  point.versions.sqlglot_version = rows.Text(row, 5);
  point.versions.sqlmesh_version = rows.Text(row, 6);
  point.snapshots = rows.Int(row, 7);
  point.environments = rows.Int(row, 8);
  point.interval_rows = rows.Int(row, 9);
  point.raw_bytes = rows.Int(row, 10);
  point.stored_bytes = rows.Int(row, 11);
  return point;
}

absl::Status NotFound(const std::string& id) {
  return Error(Reason::RESTORE_POINT_NOT_FOUND, Cat("there is no restore point ", id),
               "`stateclient restore-points` lists those there are.", {{"restore_point", id}});
}

}  // namespace

absl::StatusOr<std::vector<RestorePoint>> ListRestorePoints(postgres::Session& session,
                                                            const std::string& state_schema,
                                                            const std::string& page_token) {
  std::vector<RestorePoint> points;
  ASSIGN_OR_RETURN(PageToken after, ParsePageToken(page_token));
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return points;
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared(Cat("SELECT ", kColumns,
                                             " FROM stateserver.restore_points"
                                             " WHERE state_schema = $1"
                                             " AND (created_ts, id) < ($2::bigint, $3::uuid)"
                                             " ORDER BY created_ts DESC, id DESC"),
                                         {state_schema, after.ts, after.id}));
  for (size_t row = 0; row < rows.rows(); ++row) points.push_back(ReadPoint(rows, row));
  return points;
}

std::string PageTokenAfter(const RestorePoint& last) { return Cat(last.created_ts, ".", last.id); }

absl::StatusOr<RestorePoint> GetRestorePoint(postgres::Session& session,
                                             const std::string& state_schema,
                                             const std::string& id) {
  ASSIGN_OR_RETURN(std::string uuid, CanonicalUuid(id, "restore point id"));
  ASSIGN_OR_RETURN(bool exists, SchemaExists(session));
  if (!exists) return NotFound(uuid);
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session.QueryPrepared(Cat("SELECT ", kColumns,
                                             " FROM stateserver.restore_points"
                                             " WHERE state_schema = $1 AND id = $2::uuid"),
                                         {state_schema, uuid}));
  if (rows.rows() == 0) return NotFound(uuid);
  return ReadPoint(rows, 0);
}

absl::StatusOr<std::vector<std::string>> Prune(postgres::Pool& pool, const CallContext& context,
                                               const std::string& state_schema, int keep,
                                               absl::Duration max_age) {
  ASSIGN_OR_RETURN(std::unique_ptr<postgres::Session> session, pool.Acquire(context));
  std::vector<std::string> removed;
  ASSIGN_OR_RETURN(bool exists, SchemaExists(*session));
  if (!exists) return removed;
  std::string sql = Cat(
      "WITH ranked AS (SELECT id, row_number() OVER (ORDER BY created_ts DESC, id DESC) AS place"
      " FROM stateserver.restore_points WHERE state_schema = $1)"
      " DELETE FROM stateserver.restore_points p USING ranked r"
      " WHERE p.id = r.id AND r.place > 1"
      " AND (r.place > $2::int OR p.created_ts::numeric < ",
      kNowMs, " - $3::numeric) RETURNING p.id");
  ASSIGN_OR_RETURN(postgres::Result rows,
                   session->QueryPrepared(
                       sql, {state_schema, Cat(keep), Cat(absl::ToInt64Milliseconds(max_age))}));
  for (size_t row = 0; row < rows.rows(); ++row) removed.emplace_back(rows.Text(row, 0));
  return removed;
}

}  // namespace stateserver::operations
