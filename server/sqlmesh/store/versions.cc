// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/versions.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/store/releases.h"

namespace stateserver::store {

namespace {

// Returns SQLMesh's sentence about a state that needs a migration. SQLMesh compares its release
// first, then the schema number.
std::string Behind(const Versions& state) {
  const Versions& newest = NewestVersions();
  bool release = MajorMinor(state.sqlmesh_version) != MajorMinor(newest.sqlmesh_version);
  return Cat("SQLMesh (local) is using version '",
             release ? newest.sqlmesh_version : Cat(newest.schema_version), "' which is ahead of '",
             release ? state.sqlmesh_version : Cat(state.schema_version),
             "' (remote). Please run a migration ('sqlmesh migrate' command).");
}

// `what` is "state" or "file".
Facts VersionFacts(std::string_view what, const Versions& versions) {
  return {{Cat(what, "_schema_version"), Cat(versions.schema_version)},
          {Cat(what, "_sqlmesh_version"), versions.sqlmesh_version},
          {"newest_schema_version", Cat(NewestVersions().schema_version)},
          {"newest_sqlmesh_version", NewestVersions().sqlmesh_version}};
}

// SQLMesh asks for an upgrade of the SQLMesh that reads the state, which is the server here.
absl::Status Ahead(std::string_view what, const Versions& versions) {
  const Versions& newest = NewestVersions();
  return Error(
      Reason::STATE_AHEAD,
      Cat("The server knows SQLMesh up to version '", newest.sqlmesh_version, "' (schema version ",
          newest.schema_version, "), which is behind '", versions.sqlmesh_version,
          "' (schema version ", versions.schema_version, ") of the ", what,
          ". Please upgrade the server."),
      Cat("Install a release of stateserver that knows SQLMesh ", versions.sqlmesh_version, "."),
      VersionFacts(what, versions));
}

absl::Status TooOld(std::string_view what, const Versions& versions, std::string_view message,
                    std::string_view hint) {
  return Error(Reason::STATE_TOO_OLD, message,
               Cat("The ", what, " has schema version ", versions.schema_version,
                   "; state files exist from version ", kOldestExportableSchema,
                   " (SQLMesh 0.171.0) on: ", hint, "."),
               VersionFacts(what, versions));
}

Versions Of(const ReleaseGroup& group, std::string_view release) {
  return {group.schema, std::string(group.sqlglot), std::string(release)};
}

// Returns "0.171.0 to 0.173.1, 0.195.0" for the releases that satisfy `wanted`.
template <typename Wanted>
std::string Ranges(Wanted wanted) {
  std::string text;
  std::string_view first, last;
  auto close = [&] {
    if (first.empty()) return;
    AppendTo(&text, text.empty() ? "" : ", ", first);
    if (first != last) AppendTo(&text, " to ", last);
    first = {};
  };
  for (const ReleaseGroup& group : kReleaseGroups) {
    if (!wanted(group)) {
      close();
      continue;
    }
    if (first.empty()) first = FirstRelease(group);
    last = LastRelease(group);
  }
  close();
  return text;
}

absl::Status Unknown(std::string_view sentence, const std::string& ranges) {
  return Error(Reason::ARGUMENT_INVALID, sentence, Cat("Releases it can create: ", ranges, "."),
               {{"field", "to"}});
}

// Returns the versions that a release writes into `_versions` of an empty database, or nullopt for
// an unknown release.
std::optional<Versions> FindRelease(std::string_view release) {
  if (release.empty()) return std::nullopt;
  for (const ReleaseGroup& group : kReleaseGroups) {
    for (absl::string_view known :
         absl::StrSplit(absl::string_view(group.releases.data(), group.releases.size()), ' ')) {
      if (std::string_view(known.data(), known.size()) == release) return Of(group, release);
    }
  }
  return std::nullopt;
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
    return Error(Reason::STATE_CORRUPT, Cat("Schema '", schema, "' holds state tables but ", what),
                 "Restore the schema from a backup, or drop it and migrate the state.",
                 {{"state_schema", std::string(schema)}});
  };
  if (!has_versions) return corrupt("no table _versions");
  auto versions =
      session.QueryPrepared(Cat("SELECT schema_version, sqlglot_version, sqlmesh_version FROM ",
                                Qualified(schema, "_versions")));
  if (FactsOf(versions.status())["sqlstate"] == "42703") {
    return corrupt(Cat("table _versions lacks a column: ", MessageOf(versions.status())));
  }
  RETURN_IF_ERROR(versions.status());
  if (versions->rows() != 1) {
    return corrupt(Cat("table _versions has ", versions->rows(), " rows instead of one"));
  }
  return Versions{static_cast<int>(versions->Int(0, 0)), std::string(versions->Text(0, 1)),
                  std::string(versions->Text(0, 2))};
}

absl::Status NotMigrated(std::string_view database, std::string_view schema) {
  return Error(Reason::NOT_MIGRATED,
               Cat("Database '", database, "' holds no SQLMesh state in schema '",
                   std::string(schema), "'. Please run a migration."),
               "A migration creates the tables.",
               {{"database", std::string(database)}, {"state_schema", std::string(schema)}});
}

bool IsNewerSchema(const Versions& versions) {
  return versions.schema_version > NewestVersions().schema_version;
}

bool IsLaterRelease(const Versions& versions) {
  const Versions& newest = NewestVersions();
  return !IsNewerSchema(versions) &&
         (IsEarlierRelease(newest.sqlmesh_version, versions.sqlmesh_version) ||
          IsEarlierRelease(MajorMinor(newest.sqlglot_version),
                           MajorMinor(versions.sqlglot_version)));
}

absl::Status CheckKnownSchema(const Versions& state) {
  return IsNewerSchema(state) ? Ahead("state", state) : absl::OkStatus();
}

absl::Status CheckExportable(const Versions& state) {
  if (state.schema_version < kOldestExportableSchema) {
    return TooOld("state", state, Behind(state), "migrate the state first");
  }
  return absl::OkStatus();
}

absl::Status CheckUpgradable(const Versions& file) {
  if (IsNewerSchema(file)) return Ahead("file", file);
  if (file.schema_version < kOldestExportableSchema) {
    return TooOld(
        "file", file,
        Cat("The file has schema version ", file.schema_version, ", which no state file can have"),
        "export the state again");
  }
  return absl::OkStatus();
}

absl::Status CheckCurrent(const Versions& state) {
  RETURN_IF_ERROR(CheckKnownSchema(state));
  if (state.schema_version < NewestVersions().schema_version) {
    return Error(Reason::STATE_BEHIND, Behind(state),
                 Cat("The state has schema version ", state.schema_version, ", an import needs ",
                     NewestVersions().schema_version, ": migrate the state first."),
                 VersionFacts("state", state));
  }
  return absl::OkStatus();
}

bool IsEarlierRelease(std::string_view a, std::string_view b) {
  auto numbers = [](std::string_view text) {
    std::vector<int> out;
    for (absl::string_view part :
         absl::StrSplit(absl::string_view(text.data(), text.size()), '.')) {
      int number = 0;
      out.push_back(absl::SimpleAtoi(part, &number) ? number : 0);
    }
    return out;
  };
  return numbers(a) < numbers(b);
}

absl::Status CheckSameRelease(const Versions& file, const Versions& state) {
  std::string_view file_minor = MajorMinor(file.sqlmesh_version);
  if (file_minor == MajorMinor(state.sqlmesh_version)) return absl::OkStatus();
  std::string_view known = MajorMinor(NewestVersions().sqlmesh_version);
  std::string hint =
      IsEarlierRelease(file_minor, MajorMinor(state.sqlmesh_version))
          ? "The file is the older one: upgrade it with MigrateStateFile."
      : IsEarlierRelease(known, file_minor)
          ? Cat("The file is the newer one, and this server knows SQLMesh up to version ",
                NewestVersions().sqlmesh_version, ": migrate the state with SQLMesh ",
                file.sqlmesh_version, ", or upgrade the server and migrate the state with Migrate.")
          : "The state is the older one: migrate it with Migrate.";
  return Error(Reason::VERSION_MISMATCH,
               Cat("SQLMesh version mismatch. You are running '", state.sqlmesh_version,
                   "' but the state file was created with '", file.sqlmesh_version,
                   "'.\nPlease upgrade/downgrade your SQLMesh version to match the state file "
                   "before performing the import."),
               hint,
               {{"file_sqlmesh_version", file.sqlmesh_version},
                {"state_sqlmesh_version", state.sqlmesh_version}});
}

absl::StatusOr<Versions> VersionsOfRelease(std::string_view release) {
  if (release.empty()) return NewestVersions();
  if (auto versions = FindRelease(release)) return *versions;
  return Unknown(Cat("This server cannot create the state of SQLMesh release '", release, "'"),
                 Ranges([](const ReleaseGroup&) { return true; }));
}

bool SameAsNewest(const Versions& versions) {
  const Versions& newest = NewestVersions();
  return versions.schema_version == newest.schema_version &&
         MajorMinor(versions.sqlglot_version) == MajorMinor(newest.sqlglot_version);
}

absl::StatusOr<Versions> VersionsAfterMigration(std::string_view what, const Versions& before,
                                                const Versions& target) {
  bool later = IsEarlierRelease(target.sqlmesh_version, before.sqlmesh_version);
  if (before.schema_version == target.schema_version && later) return before;
  bool later_sqlglot =
      IsEarlierRelease(MajorMinor(target.sqlglot_version), MajorMinor(before.sqlglot_version));
  if (before.schema_version < target.schema_version && (later || later_sqlglot)) {
    return Error(
        Reason::STATE_AHEAD,
        Cat("The ", what, " has the older schema version ", before.schema_version,
            ", but is of SQLMesh '", before.sqlmesh_version, "' with SQLGlot '",
            before.sqlglot_version, "', which are later than '", target.sqlmesh_version, "' and '",
            target.sqlglot_version, "' that this server migrates to"),
        Cat("Install a release of stateserver that knows SQLMesh ", before.sqlmesh_version, "."),
        VersionFacts(what, before));
  }
  Versions after = target;
  if (IsEarlierRelease(after.sqlglot_version, before.sqlglot_version)) {
    after.sqlglot_version = before.sqlglot_version;
  }
  return after;
}

absl::StatusOr<Versions> MigrationTarget(std::string_view release) {
  if (release.empty()) return NewestVersions();
  auto versions = FindRelease(release);
  if (versions.has_value() && SameAsNewest(*versions)) return *versions;
  return Unknown(Cat("This server cannot migrate a state to SQLMesh release '", release,
                     "': it creates older ones only in an empty database"),
                 Ranges([](const ReleaseGroup& group) {
                   return SameAsNewest(Of(group, FirstRelease(group)));
                 }));
}

}  // namespace stateserver::store
