#include "server/operations/manifest.h"

#include "common/error.h"
#include "common/text.h"

namespace stateserver::operations {
namespace {

// Every table SQLMesh keeps its state in, from schema 60 on; `_plan_dags` ended
// with schema 96.
constexpr char kTableNames[] =
    "('_versions', '_snapshots', '_environments', '_intervals', '_auto_restatements',"
    " '_environment_statements', '_plan_dags')";

std::string LiveColumns() {
  return Cat(
      "SELECT c.relname::text AS table_name, a.attname::text AS name,"
      " format_type(a.atttypid, a.atttypmod) AS type"
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
      " WHERE n.nspname = $2 AND c.relkind = 'r' AND c.relname IN ",
      kTableNames);
}

constexpr char kManifestColumns[] =
    "SELECT t ->> 'table' AS table_name, c ->> 'name' AS name, c ->> 'type' AS type"
    " FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t,"
    " jsonb_array_elements(t -> 'columns') c WHERE p.id = $1::uuid";

}  // namespace

absl::StatusOr<std::vector<TableShape>> LiveTables(postgres::Session& session,
                                                   const std::string& schema) {
  std::string sql =
      Cat("SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),"
          " jsonb_build_object('table', c.relname,"
          "  'columns', jsonb_agg(jsonb_build_object('name', a.attname,"
          "   'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull)"
          "   ORDER BY a.attnum),"
          "  'primary_key', (SELECT jsonb_agg(k.attname ORDER BY p.place) FROM pg_constraint con,"
          "   unnest(con.conkey) WITH ORDINALITY p (attnum, place), pg_attribute k"
          "   WHERE con.conrelid = c.oid AND con.contype = 'p'"
          "   AND k.attrelid = c.oid AND k.attnum = p.attnum),"
          "  'indexes', (SELECT jsonb_agg(pg_get_indexdef(i.indexrelid) ORDER BY i.indexrelid)"
          "   FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisprimary))"
          " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
          " WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname IN ",
          kTableNames, " GROUP BY c.oid, c.relname ORDER BY c.relname");
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(sql, {schema}));
  std::vector<TableShape> tables;
  for (size_t i = 0; i < rows.rows(); ++i) {
    tables.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)), 0,
                      std::string(rows.Text(i, 2)), ""});
  }
  return tables;
}

std::string ManifestJson(const std::vector<TableShape>& tables) {
  std::string out = "[";
  for (const TableShape& table : tables) {
    if (out.size() > 1) out.push_back(',');
    AppendTo(&out, std::string_view(table.json).substr(0, table.json.size() - 1),
             ", \"rows\": ", table.rows, "}");
  }
  return out + "]";
}

absl::StatusOr<std::vector<TableShape>> ManifestTables(postgres::Session& session,
                                                       const std::string& id) {
  constexpr char kSql[] =
      "SELECT t ->> 'table', (SELECT string_agg(quote_ident(c ->> 'name'), ', ' ORDER BY n)"
      "  FROM jsonb_array_elements(t -> 'columns') WITH ORDINALITY AS e (c, n)),"
      " (t ->> 'rows')::bigint,"
      " (SELECT string_agg(format('%I %s', c ->> 'name', c ->> 'type'), ', ' ORDER BY n)"
      "  FROM jsonb_array_elements(t -> 'columns') WITH ORDINALITY AS e (c, n))"
      " FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t"
      " WHERE p.id = $1::uuid ORDER BY 1";
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(kSql, {id}));
  std::vector<TableShape> tables;
  for (size_t i = 0; i < rows.rows(); ++i) {
    tables.push_back({std::string(rows.Text(i, 0)), std::string(rows.Text(i, 1)), rows.Int(i, 2),
                      "", std::string(rows.Text(i, 3))});
  }
  return tables;
}

absl::StatusOr<std::string> ManifestDifference(postgres::Session& session, const std::string& id,
                                               const std::string& schema) {
  constexpr size_t kNamed = 5;
  std::string sql = Cat("WITH held AS (", kManifestColumns, "), live AS (", LiveColumns(),
                        ") SELECT format('%s.%s %s only in the restore point', table_name, name,"
                        "  type) AS text FROM (TABLE held EXCEPT TABLE live) a"
                        " UNION ALL SELECT format('%s.%s %s only in the state', table_name, name,"
                        "  type) FROM (TABLE live EXCEPT TABLE held) b ORDER BY text");
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(sql, {id, schema}));
  std::string out;
  for (size_t i = 0; i < rows.rows() && i < kNamed; ++i) {
    AppendTo(&out, i == 0 ? "" : ", ", rows.Text(i, 0));
  }
  if (rows.rows() > kNamed) AppendTo(&out, " and ", rows.rows() - kNamed, " more");
  return out;
}

}  // namespace stateserver::operations
