// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/origin.h"

#include <set>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/operations/schema.h"

namespace stateserver::restore_points {
namespace {

// An attribute of the system catalog that nothing rewrites: its row keeps the number of the
// transaction that created the table.
constexpr char kCreatedBy[] =
    "SELECT a.xmin FROM pg_attribute a WHERE a.attnum = -1"
    " AND a.attrelid = ";

// Writer is the restore point of the transaction that wrote the `_versions` row.
struct Writer {
  std::string id;
  std::string reason;
  store::Versions versions;
  std::string origin;
  std::string origin_after;
};

// Returns nullopt if the transaction took no restore point, and a Writer without origins if the
// restore points cannot be told apart because they were loaded together.
absl::StatusOr<std::optional<Writer>> FindWriter(postgres::Session& session,
                                                 const std::string& state_schema,
                                                 const std::string& transaction) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(
          Cat("SELECT p.id, p.reason, p.schema_version, p.sqlglot_version, p.sqlmesh_version,"
              " coalesce(t ->> 'origin', ''), coalesce(t ->> 'origin_after', ''), p.xmin = (",
              kCreatedBy,
              "'stateserver.restore_points'::regclass)"
              " FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t"
              " WHERE p.state_schema = $1 AND p.xmin = $2::xid AND t ->> 'table' = '_versions'"),
          {state_schema, transaction}));
  if (rows.rows() == 0) return std::nullopt;
  if (rows.rows() > 1 || rows.Bool(0, 7)) return Writer{};
  Writer writer;
  writer.id = rows.Text(0, 0);
  writer.reason = rows.Text(0, 1);
  writer.versions.schema_version = static_cast<int>(rows.Int(0, 2));
  writer.versions.sqlglot_version = rows.Text(0, 3);
  writer.versions.sqlmesh_version = rows.Text(0, 4);
  writer.origin = rows.Text(0, 5);
  writer.origin_after = rows.Text(0, 6);
  return writer;
}

}  // namespace

absl::StatusOr<Origin> FindOrigin(postgres::Session& session, const std::string& state_schema,
                                  const store::Versions& current) {
  ASSIGN_OR_RETURN(postgres::Result row,
                   session.Query(Cat("SELECT xmin::text FROM ",
                                     store::Qualified(state_schema, "_versions"), " LIMIT 1")));
  Origin origin;
  if (row.rows() == 0) return origin;
  std::string transaction(row.Text(0, 0));
  ASSIGN_OR_RETURN(bool exists, operations::SchemaExists(session));
  std::set<std::string> seen;
  while (!transaction.empty() && seen.insert(transaction).second) {
    std::optional<Writer> writer;
    if (exists) {
      ASSIGN_OR_RETURN(writer, FindWriter(session, state_schema, transaction));
    }
    if (!writer.has_value()) {
      origin.transaction = std::move(transaction);
      return origin;
    }
    if (!writer->origin_after.empty()) {
      transaction = writer->origin_after;
    } else if (writer->reason != "migrate") {
      return origin;
    } else if (writer->versions == current) {
      // The row is the copy in `_versions_backup`: SQLMesh has rolled this migration back.
      transaction = writer->origin;
    } else {
      ASSIGN_OR_RETURN(origin.restore_point, GetRestorePoint(session, state_schema, writer->id));
      origin.transaction = std::move(transaction);
      return origin;
    }
  }
  return origin;
}

absl::StatusOr<std::string> OriginOfRestorePoint(postgres::Session& session,
                                                 const std::string& id) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared("SELECT coalesce(t ->> 'origin', '') FROM stateserver.restore_points p,"
                            " jsonb_array_elements(p.manifest::jsonb) t"
                            " WHERE p.id = $1::uuid AND t ->> 'table' = '_versions'",
                            {id}));
  return rows.rows() == 0 ? std::string() : std::string(rows.Text(0, 0));
}

absl::StatusOr<bool> BackupTablesAreOf(postgres::Session& session, const std::string& state_schema,
                                       const std::string& transaction) {
  if (transaction.empty()) return false;
  std::string versions = store::Qualified(state_schema, "_versions");
  std::string backup = store::Qualified(state_schema, "_versions_backup");
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.Query(Cat("SELECT count(*) = 1 AND coalesce(bool_and(b.xmin = $1::xid), false)"
                        " AND coalesce((",
                        kCreatedBy, "$2::regclass) = $1::xid, false) AND coalesce((", kCreatedBy,
                        "$3::regclass) <> $1::xid, false) FROM ", backup, " b"),
                    {transaction, backup, versions}));
  return rows.Bool(0, 0);
}

}  // namespace stateserver::restore_points
