// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/create.h"

#include "common/text.h"

namespace stateserver::store {

absl::Status CreateState(postgres::Session& session, std::string_view schema,
                         const Versions& versions) {
  // Asked first, since IF NOT EXISTS needs the right to create one even where
  // the schema exists.
  ASSIGN_OR_RETURN(
      postgres::Result exists,
      session.Query("SELECT 1 FROM pg_namespace WHERE nspname = $1", {std::string(schema)}));
  if (exists.rows() == 0) {
    RETURN_IF_ERROR(session.Execute(Cat("CREATE SCHEMA ", postgres::QuoteName(schema))));
  }
  RETURN_IF_ERROR(session.Execute(CreateTablesSql(schema, Layout(versions.schema_version))));
  return session
      .Query(Cat("INSERT INTO ", Qualified(schema, "_versions"),
                 " (schema_version, sqlglot_version, sqlmesh_version) VALUES ($1::int, $2, $3)"),
             {Cat(versions.schema_version), versions.sqlglot_version, versions.sqlmesh_version})
      .status();
}

}  // namespace stateserver::store
