// SPDX-License-Identifier: Apache-2.0

#include "server/diagnosis/rights.h"

#include "common/error.h"
#include "common/text.h"
#include "server/operations/schema.h"

namespace stateserver::diagnosis {
namespace {

// Returns one row: the role and database, the tables that lack a right (as a list), and the rights
// on the schemas. A role counts as a table's owner if it is a member of the owning role.
constexpr char kRightsSql[] = R"(
WITH state AS (
  SELECT c.oid, c.relname, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')
    AND c.relname IN ('_versions', '_snapshots', '_environments', '_intervals', '_auto_restatements',
                      '_environment_statements', '_plan_dags')),
lacking AS (
  SELECT string_agg(relname, ', ' ORDER BY relname)
           FILTER (WHERE NOT has_table_privilege(oid, 'SELECT')) AS reading,
         string_agg(relname, ', ' ORDER BY relname)
           FILTER (WHERE NOT (has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')
                              AND has_table_privilege(oid, 'DELETE'))) AS writing,
         string_agg(relname, ', ' ORDER BY relname)
           FILTER (WHERE NOT pg_has_role(relowner, 'USAGE')) AS owning
  FROM state),
own AS (
  SELECT string_agg(c.relname, ', ' ORDER BY c.relname)
           FILTER (WHERE NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')))
           AS recording,
         string_agg(c.relname, ', ' ORDER BY c.relname)
           FILTER (WHERE c.relname IN ('operations', 'audit') AND NOT pg_has_role(c.relowner, 'USAGE')) AS owning
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'stateserver' AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('meta', 'steps'))
SELECT current_user, current_database(), lacking.reading, lacking.writing, lacking.owning,
       to_regnamespace(quote_ident($1)) IS NOT NULL,
       coalesce(has_schema_privilege(to_regnamespace(quote_ident($1)), 'USAGE'), false),
       coalesce(has_schema_privilege(to_regnamespace(quote_ident($1)), 'CREATE'), false),
       to_regnamespace('stateserver') IS NOT NULL,
       coalesce(has_schema_privilege(to_regnamespace('stateserver'), 'CREATE'), false),
       has_database_privilege(current_database(), 'CREATE'),
       has_database_privilege(current_database(), 'TEMPORARY'), own.recording, own.owning
FROM lacking, own)";

struct Rights {
  std::string role, database, schema;
  std::string unread, unwritten, unowned;  // table names, separated by commas
  bool schema_exists, schema_usage, schema_create;
  bool own_exists, own_create;
  bool database_create, temporary;
  std::string unrecorded, own_unowned;  // tables of schema stateserver
  int own_step;                         // see operations::SchemaStep
};

std::string ListOf(const postgres::Result& row, size_t column) {
  return std::string(row.OptionalText(0, column).value_or(""));
}

Diagnosis Passed(std::string name, std::string message) {
  return {std::move(name), Verdict::kPassed, std::move(message), "", {}};
}

Diagnosis Reading(const Rights& rights) {
  Diagnosis finding = Passed("rights to read", Cat(rights.role, " may read the state tables"));
  if (rights.unread.empty() && (rights.schema_usage || !rights.schema_exists)) return finding;
  finding.verdict = Verdict::kFailed;
  finding.message = rights.schema_usage ? Cat(rights.role, " may not read ", rights.unread)
                                        : Cat(rights.role, " may not use schema ", rights.schema);
  finding.hint = Cat("GRANT USAGE ON SCHEMA \"", rights.schema, "\" TO \"", rights.role,
                     "\"; GRANT SELECT ON ALL TABLES IN SCHEMA \"", rights.schema, "\" TO \"",
                     rights.role, "\";");
  finding.calls = {"StateService.Export",        "StateService.ListEnvironments",
                   "StateService.ListSnapshots", "StateService.DiffEnvironments",
                   "StateService.GetStats",      "MaintenanceService.Check"};
  return finding;
}

Diagnosis Writing(const Rights& rights) {
  Diagnosis finding = Passed("rights to write", Cat(rights.role, " may change the state tables"));
  if (rights.unwritten.empty() && rights.temporary) return finding;
  finding.verdict = Verdict::kFailed;
  finding.calls = {"StateService.Import", "OperationsService.Restore", "MaintenanceService.Compact",
                   "MaintenanceService.DeleteExpired"};
  if (!rights.temporary) {
    finding.calls.insert(finding.calls.end(),
                         {"StateService.Migrate", "StateService.MigrateStateFile"});
    finding.message =
        Cat(rights.role, " may not create temporary tables in database ", rights.database);
    finding.hint =
        Cat("GRANT TEMPORARY ON DATABASE \"", rights.database, "\" TO \"", rights.role, "\";");
    return finding;
  }
  finding.message = Cat(rights.role, " may not insert, update and delete in ", rights.unwritten);
  finding.hint = Cat("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"",
                     rights.schema, "\" TO \"", rights.role, "\";");
  return finding;
}

Diagnosis Migrating(const Rights& rights) {
  Diagnosis finding =
      Passed("rights to migrate", Cat(rights.role, " may change the tables' structure"));
  bool may_create = rights.schema_exists ? rights.schema_create : rights.database_create;
  if (rights.unowned.empty() && may_create) return finding;
  // Reading and importing work without it; whether to migrate is the user's decision.
  finding.verdict = Verdict::kWarning;
  finding.calls = {"StateService.Migrate", "StateService.Rollback"};
  if (!rights.unowned.empty()) {
    finding.message = Cat(rights.role, " does not own ", rights.unowned);
    finding.hint = "Migrate as the tables' owner, or make it a member of that role.";
    return finding;
  }
  finding.message =
      rights.schema_exists
          ? Cat(rights.role, " may not create tables in schema ", rights.schema)
          : Cat("there is no schema ", rights.schema, ", and ", rights.role, " may not create it");
  finding.hint =
      rights.schema_exists
          ? Cat("GRANT CREATE ON SCHEMA \"", rights.schema, "\" TO \"", rights.role, "\";")
          : Cat("GRANT CREATE ON DATABASE \"", rights.database, "\" TO \"", rights.role, "\";");
  return finding;
}

// The tables of schema stateserver exist and the role may create others.
Diagnosis Keeping(const Rights& rights) {
  Diagnosis finding = Passed("rights to record",
                             Cat("operations and restore points are kept in schema stateserver"));
  if (!rights.unrecorded.empty()) {
    finding.verdict = Verdict::kFailed;
    finding.message =
        Cat(rights.role, " may not read and insert in stateserver.", rights.unrecorded);
    finding.hint =
        Cat("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA stateserver TO \"",
            rights.role, "\";");
    finding.calls = {"StateService.Import",        "StateService.Migrate",
                     "StateService.Rollback",      "OperationsService.Restore",
                     "MaintenanceService.Compact", "MaintenanceService.DeleteExpired"};
  } else if (rights.own_step > 0 && rights.own_step < operations::kNewestStep &&
             !rights.own_unowned.empty()) {
    // Everything but these commands works without it.
    finding.verdict = Verdict::kWarning;
    finding.message =
        Cat("schema stateserver is at step ", rights.own_step, " of ", operations::kNewestStep,
            ", and ", rights.role, " does not own ", rights.own_unowned);
    finding.hint = Cat("ALTER TABLE stateserver.operations OWNER TO \"", rights.role,
                       "\"; ALTER TABLE stateserver.audit OWNER TO \"", rights.role, "\";");
    finding.calls = {"OperationsService.ListRunning", "OperationsService.CancelOperation"};
  }
  return finding;
}

Diagnosis Recording(const Rights& rights) {
  Diagnosis finding = Passed("rights to record",
                             Cat("operations and restore points are kept in schema stateserver"));
  if (rights.own_exists ? rights.own_create : rights.database_create) return Keeping(rights);
  finding.verdict = Verdict::kFailed;
  finding.message =
      rights.own_exists
          ? Cat(rights.role, " may not create tables in schema stateserver")
          : Cat("there is no schema stateserver, and ", rights.role, " may not create it");
  finding.hint = rights.own_exists
                     ? Cat("ALTER SCHEMA stateserver OWNER TO \"", rights.role, "\";")
                     : Cat("Once: CREATE SCHEMA stateserver AUTHORIZATION \"", rights.role, "\";");
  finding.calls = {"StateService.Import",        "StateService.Migrate",
                   "StateService.Rollback",      "OperationsService.Restore",
                   "MaintenanceService.Compact", "MaintenanceService.DeleteExpired",
                   "RevisionService.Upgrade"};
  return finding;
}

}  // namespace

absl::StatusOr<std::vector<Diagnosis>> CheckRights(postgres::Session& session,
                                                   const std::string& schema) {
  ASSIGN_OR_RETURN(postgres::Result row, session.QueryPrepared(kRightsSql, {schema}));
  // Counting the steps reads a table, which may be forbidden.
  const int step = operations::SchemaStep(session).value_or(0);
  Rights rights = {std::string(row.Text(0, 0)),
                   std::string(row.Text(0, 1)),
                   schema,
                   ListOf(row, 2),
                   ListOf(row, 3),
                   ListOf(row, 4),
                   row.Bool(0, 5),
                   row.Bool(0, 6),
                   row.Bool(0, 7),
                   row.Bool(0, 8),
                   row.Bool(0, 9),
                   row.Bool(0, 10),
                   row.Bool(0, 11),
                   ListOf(row, 12),
                   ListOf(row, 13),
                   step};
  return std::vector<Diagnosis>{Reading(rights), Writing(rights), Migrating(rights),
                                Recording(rights)};
}

}  // namespace stateserver::diagnosis
