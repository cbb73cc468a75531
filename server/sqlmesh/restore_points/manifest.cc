// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/restore_points/manifest.h"

#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::restore_points {
namespace {

// Every table in which a known SQLMesh stores its state, from schema 60; `_plan_dags` was removed
// in schema 96.
constexpr char kTableNames[] =
    "('_versions', '_snapshots', '_environments', '_intervals', '_auto_restatements',"
    " '_environment_statements', '_plan_dags')";

std::string LiveColumns() {
  return Cat(
      "SELECT c.relname::text AS table_name, a.attname::text AS name,"
      " format_type(a.atttypid, a.atttypmod) AS type"
      " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
      " WHERE n.nspname = $2 AND c.relkind IN ('r', 'p') AND (c.relname IN ",
      kTableNames, " OR c.relname IN (SELECT table_name FROM held))");
}

constexpr char kManifestColumns[] =
    "SELECT t ->> 'table' AS table_name, c ->> 'name' AS name, c ->> 'type' AS type,"
    " (c ->> 'not_null')::boolean AS not_null,"
    " coalesce(nullif(t -> 'primary_key', 'null') ? (c ->> 'name'), false) AS in_key"
    " FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t,"
    " jsonb_array_elements(t -> 'columns') c WHERE p.id = $1::uuid";

}  // namespace

absl::StatusOr<std::vector<TableShape>> LiveTables(postgres::Session& session,
                                                   const std::string& schema,
                                                   const std::vector<std::string>& more) {
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
          "   FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisprimary)),"
          " string_agg(quote_ident(a.attname), E'\n' ORDER BY a.attnum)"
          " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
          " WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND (c.relname IN ",
          kTableNames,
          " OR c.relname = ANY ($2::text[])) GROUP BY c.oid, c.relname ORDER BY c.relname");
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      session.QueryPrepared(sql, {schema, postgres::ArrayLiteral({more.begin(), more.end()})}));
  std::vector<TableShape> tables;
  for (size_t i = 0; i < rows.rows(); ++i) {
    TableShape& table = tables.emplace_back();
    table.table = rows.Text(i, 0);
    table.columns = rows.Text(i, 1);
    table.json = rows.Text(i, 2);
    table.column_names = absl::StrSplit(std::string(rows.Text(i, 3)), '\n');
  }
  return tables;
}

std::string ManifestJson(const std::vector<TableShape>& tables, const std::string& origin,
                         const std::string& origin_after) {
  std::string out = "[";
  for (const TableShape& table : tables) {
    if (out.size() > 1) out.push_back(',');
    AppendTo(&out, std::string_view(table.json).substr(0, table.json.size() - 1),
             ", \"rows\": ", table.rows);
    if (table.table == "_versions") {
      if (!origin.empty()) AppendTo(&out, R"(, "origin": ")", origin, '"');
      if (!origin_after.empty()) AppendTo(&out, R"(, "origin_after": ")", origin_after, '"');
    }
    out.push_back('}');
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
      "  FROM jsonb_array_elements(t -> 'columns') WITH ORDINALITY AS e (c, n)),"
      " (SELECT string_agg(quote_ident(k), ', ' ORDER BY n)"
      "  FROM jsonb_array_elements_text(nullif(t -> 'primary_key', 'null')) WITH ORDINALITY"
      "  AS e (k, n))"
      " FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t"
      " WHERE p.id = $1::uuid ORDER BY 1";
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(kSql, {id}));
  std::vector<TableShape> tables;
  for (size_t i = 0; i < rows.rows(); ++i) {
    TableShape& table = tables.emplace_back();
    table.table = rows.Text(i, 0);
    table.columns = rows.Text(i, 1);
    table.rows = rows.Int(i, 2);
    table.definitions = rows.Text(i, 3);
    table.primary_key = rows.Text(i, 4);
  }
  return tables;
}

absl::StatusOr<std::vector<ColumnDifference>> ManifestDifferences(postgres::Session& session,
                                                                  const std::string& id,
                                                                  const std::string& schema) {
  std::string sql =
      Cat("WITH held AS (", kManifestColumns, "), live AS (", LiveColumns(),
          ") SELECT coalesce(h.table_name, l.table_name), coalesce(h.name, l.name), h.type, l.type,"
          " h.not_null, coalesce(h.in_key, false)"
          " FROM held h FULL JOIN live l USING (table_name, name)"
          " WHERE h.type IS DISTINCT FROM l.type ORDER BY 1, 2");
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(sql, {id, schema}));
  std::vector<ColumnDifference> out;
  for (size_t i = 0; i < rows.rows(); ++i) {
    ColumnDifference& difference = out.emplace_back();
    difference.table = rows.Text(i, 0);
    difference.column = rows.Text(i, 1);
    difference.held_type = rows.Text(i, 2);
    difference.live_type = rows.Text(i, 3);
    difference.not_null = rows.Bool(i, 4);
    difference.in_key = rows.Bool(i, 5);
  }
  return out;
}

absl::StatusOr<std::vector<std::string>> MissingIndexes(postgres::Session& session,
                                                        const std::string& id,
                                                        const std::string& schema) {
  // Another index, for example of a backup table, may use the name by now. ONLY creates the index
  // of a partitioned table, whose partitions need it too.
  constexpr char kSql[] =
      "WITH held AS (SELECT t ->> 'table' AS table_name, replace(x, ' ON ONLY ', ' ON ') AS def"
      "  FROM stateserver.restore_points p, jsonb_array_elements(p.manifest::jsonb) t,"
      "  jsonb_array_elements_text(nullif(t -> 'indexes', 'null')) x WHERE p.id = $1::uuid),"
      " named AS (SELECT *, (regexp_match(def,"
      "   '^CREATE (?:UNIQUE )?INDEX (\"(?:[^\"]|\"\")+\"|\\S+) ON'))[1] AS name FROM held)"
      " SELECT CASE WHEN to_regclass(quote_ident($2) || '.' || name) IS NULL THEN def"
      "  ELSE replace(def, 'INDEX ' || name || ' ON', 'INDEX ON') END FROM named"
      " WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
      "  JOIN pg_namespace n ON n.oid = c.relnamespace"
      "  WHERE n.nspname = $2 AND c.relname = table_name"
      "  AND regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '')"
      "   = regexp_replace(def, '^.* USING ', ''))";
  ASSIGN_OR_RETURN(postgres::Result rows, session.QueryPrepared(kSql, {id, schema}));
  std::vector<std::string> out;
  for (size_t i = 0; i < rows.rows(); ++i) out.emplace_back(rows.Text(i, 0));
  return out;
}

}  // namespace stateserver::restore_points
