// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/versions.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_join.h"
#include "common/text.h"

namespace stateserver::store {
namespace {

std::string Sentence(std::string_view product, std::string_view local, bool ahead,
                     std::string_view remote) {
  std::string text = Cat(product, " (local) is using version '", local, "' which is ",
                         ahead ? "ahead of" : "behind", " '", remote, "' (remote). ");
  AppendTo(&text, ahead ? "Please run a migration ('sqlmesh migrate' command)."
                        : Cat("Please upgrade SQLMesh ('pip install --upgrade "
                              "\"sqlmesh==",
                              remote, "\"' command)."));
  return text;
}

// SQLMesh compares its release first, then the schema number.
std::string Difference(const Versions& state, bool ahead) {
  const Versions& newest = NewestVersions();
  if (MajorMinor(state.sqlmesh_version) != MajorMinor(newest.sqlmesh_version)) {
    return Sentence("SQLMesh", newest.sqlmesh_version, ahead, state.sqlmesh_version);
  }
  return Sentence("SQLMesh", Cat(newest.schema_version), ahead, Cat(state.schema_version));
}

Facts VersionFacts(const Versions& state) {
  return {{"state_schema_version", Cat(state.schema_version)},
          {"state_sqlmesh_version", state.sqlmesh_version},
          {"newest_schema_version", Cat(NewestVersions().schema_version)},
          {"newest_sqlmesh_version", NewestVersions().sqlmesh_version}};
}

absl::Status Ahead(const Versions& state, std::string_view more) {
  return Error(Reason::STATE_AHEAD, Difference(state, /*ahead=*/false),
               Cat("The state has schema version ", state.schema_version,
                   ", this server knows versions up to ", NewestVersions().schema_version,
                   ": upgrade stateserver", more, "."),
               VersionFacts(state));
}

}  // namespace

std::string_view MajorMinor(std::string_view version) {
  size_t first = version.find('.');
  if (first == std::string_view::npos) return version;
  size_t second = version.find('.', first + 1);
  return version.substr(0, second);
}

absl::StatusOr<std::vector<std::string>> PresentTables(postgres::Session& session,
                                                       std::string_view schema) {
  std::string names = absl::StrJoin(StateTables(), ",", [](std::string* out, const auto& table) {
    AppendTo(out, postgres::QuoteLiteral(table));
  });
  ASSIGN_OR_RETURN(
      postgres::Result tables,
      session.QueryPrepared(
          Cat("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
              "WHERE c.relkind IN ('r', 'p', 'v') AND c.relname IN (",
              names, ") AND ",
              schema == "pg_temp" ? "n.oid = pg_my_temp_schema() AND $1::text <> ''"
                                  : "n.nspname = $1"),
          {std::string(schema)}));
  std::vector<std::string> out;
  for (size_t row = 0; row < tables.rows(); ++row) out.emplace_back(tables.Text(row, 0));
  return out;
}

absl::StatusOr<std::optional<Versions>> ReadVersions(postgres::Session& session,
                                                     std::string_view schema) {
  ASSIGN_OR_RETURN(std::vector<std::string> tables, PresentTables(session, schema));
  if (tables.empty()) return std::nullopt;
  bool has_versions = std::find(tables.begin(), tables.end(), "_versions") != tables.end();
  auto corrupt = [&](std::string_view what) {
    return Error(Reason::STATE_CORRUPT, Cat("schema '", schema, "' holds state tables but ", what),
                 "Restore the schema from a backup, or drop it and run `stateclient migrate`.");
  };
  if (!has_versions) return corrupt("no table _versions");
  ASSIGN_OR_RETURN(
      postgres::Result versions,
      session.QueryPrepared(Cat("SELECT schema_version, sqlglot_version, sqlmesh_version FROM ",
                                Qualified(schema, "_versions"))));
  if (versions.rows() != 1) {
    return corrupt(Cat("table _versions has ", versions.rows(), " rows instead of one"));
  }
  return Versions{static_cast<int>(versions.Int(0, 0)), std::string(versions.Text(0, 1)),
                  std::string(versions.Text(0, 2))};
}

absl::Status NotMigrated(std::string_view database, std::string_view schema) {
  return Error(
      Reason::NOT_MIGRATED,
      Cat("database '", database, "' holds no SQLMesh state in schema '", std::string(schema), "'"),
      "Run `stateclient migrate` to create the state tables.",
      {{"database", std::string(database)}, {"state_schema", std::string(schema)}});
}

absl::Status CheckExportable(const Versions& state, bool allow_newer) {
  if (state.schema_version > NewestVersions().schema_version && !allow_newer) {
    return Ahead(state, ", or export the state as it stands with --allow-newer");
  }
  if (state.schema_version < kOldestExportableSchema) {
    return Error(Reason::STATE_TOO_OLD, Difference(state, /*ahead=*/true),
                 Cat("The state has schema version ", state.schema_version,
                     "; state files exist from version ", kOldestExportableSchema,
                     " (SQLMesh 0.171.0) on: run `stateclient migrate` first."),
                 VersionFacts(state));
  }
  return absl::OkStatus();
}

absl::Status CheckCurrent(const Versions& state) {
  if (state.schema_version > NewestVersions().schema_version) return Ahead(state, "");
  if (state.schema_version < NewestVersions().schema_version) {
    return Error(Reason::STATE_BEHIND, Difference(state, /*ahead=*/true),
                 Cat("The state has schema version ", state.schema_version, ", an import needs ",
                     NewestVersions().schema_version, ": run `stateclient migrate` first."),
                 VersionFacts(state));
  }
  return absl::OkStatus();
}

absl::Status CheckSameRelease(const Versions& file, const Versions& state) {
  if (MajorMinor(file.sqlmesh_version) == MajorMinor(state.sqlmesh_version)) {
    return absl::OkStatus();
  }
  return Error(Reason::VERSION_MISMATCH,
               Cat("SQLMesh version mismatch. You are running '", state.sqlmesh_version,
                   "' but the state file was created with '", file.sqlmesh_version,
                   "'.\nPlease upgrade/downgrade your SQLMesh version to match the state file "
                   "before performing the import."),
               "The state and the file must be of one major.minor release of SQLMesh.",
               {{"file_sqlmesh_version", file.sqlmesh_version},
                {"state_sqlmesh_version", state.sqlmesh_version}});
}

}  // namespace stateserver::store
