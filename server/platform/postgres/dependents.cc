// SPDX-License-Identifier: Apache-2.0

#include "server/platform/postgres/dependents.h"

#include "absl/strings/str_join.h"
#include "common/error.h"
#include "common/text.h"

namespace stateserver::postgres {
namespace {

// A rule of pg_rewrite belongs to the view that it defines. refobjsubid 0 means the table as a
// whole.
constexpr char kDependentsQuery[] =
    "SELECT DISTINCT format('%s %I.%I uses %I', CASE v.relkind WHEN 'm' THEN 'materialized view'"
    "  WHEN 'v' THEN 'view' ELSE 'a rule of table' END, vn.nspname, v.relname, c.relname) AS text"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid"
    "  AND d.classid = 'pg_rewrite'::regclass"
    " JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class"
    " JOIN pg_namespace vn ON vn.oid = v.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND v.oid <> c.oid"
    "  AND ($3::text[] = '{}' OR d.refobjsubid IN (SELECT a.attnum FROM pg_attribute a"
    "   WHERE a.attrelid = c.oid AND a.attname = ANY ($3::text[])))"
    " UNION SELECT format('foreign key %I of %I.%I uses %I', k.conname, fn.nspname, f.relname,"
    "  c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_constraint k ON k.confrelid = c.oid AND k.contype = 'f' AND k.conrelid <> c.oid"
    " JOIN pg_class f ON f.oid = k.conrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace"
    " WHERE n.nspname = $1 AND c.relname = $2 AND $3::text[] = '{}' ORDER BY text";

}  // namespace

absl::StatusOr<std::vector<std::string>> Dependents(Session& session, const std::string& schema,
                                                    const std::vector<Dropped>& dropped) {
  std::vector<std::string> out;
  for (const Dropped& drop : dropped) {
    ASSIGN_OR_RETURN(Result rows, session.QueryPrepared(
                                      kDependentsQuery,
                                      {schema, drop.table,
                                       ArrayLiteral({drop.columns.begin(), drop.columns.end()})}));
    for (size_t i = 0; i < rows.rows(); ++i) out.emplace_back(rows.Text(i, 0));
  }
  return out;
}

absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<Dropped>& dropped, std::string_view what) {
  ASSIGN_OR_RETURN(std::vector<std::string> dependents, Dependents(session, schema, dropped));
  if (dependents.empty()) return absl::OkStatus();
  std::string list = absl::StrJoin(dependents, ", ");
  return Error(Reason::DEPENDENT_OBJECTS, Cat(what, ", but other objects need it: ", list),
               "Drop these objects, run the command again, and recreate them.",
               {{"objects", list}});
}

absl::Status RefuseDependents(Session& session, const std::string& schema,
                              const std::vector<std::string>& tables, std::string_view what) {
  std::vector<Dropped> dropped;
  for (const std::string& table : tables) dropped.push_back({table, {}});
  return RefuseDependents(session, schema, dropped, what);
}

}  // namespace stateserver::postgres
