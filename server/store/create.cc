#include "server/store/create.h"

#include "common/text.h"

namespace stateserver::store {

absl::StatusOr<Versions> VersionsOfRelease(std::string_view release) {
  const Versions& newest = NewestVersions();
  if (release.empty() || release == newest.sqlmesh_version) return newest;
  return Error(Reason::ARGUMENT_INVALID,
               Cat("this server cannot make the state of SQLMesh release '", release, "'"),
               Cat("Releases it can make: ", newest.sqlmesh_version, "."), {{"field", "to"}});
}

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
  RETURN_IF_ERROR(session.Execute(CreateTablesSql(schema)));
  return session
      .Query(Cat("INSERT INTO ", Qualified(schema, "_versions"),
                 " (schema_version, sqlglot_version, sqlmesh_version) VALUES ($1::int, $2, $3)"),
             {Cat(versions.schema_version), versions.sqlglot_version, versions.sqlmesh_version})
      .status();
}

}  // namespace stateserver::store
