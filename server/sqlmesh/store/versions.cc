// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/store/versions.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/error.h"
#include "common/text.h"

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
absl::Status Ahead(std::string_view what, const Versions& versions, std::string_view more) {
  const Versions& newest = NewestVersions();
  return Error(Reason::STATE_AHEAD,
               Cat("The server knows SQLMesh up to version '", newest.sqlmesh_version,
                   "' (schema version ", newest.schema_version, "), which is behind '",
                   versions.sqlmesh_version, "' (schema version ", versions.schema_version,
                   ") of the ", what, ". Please upgrade the server."),
               Cat("Install a release of stateserver that knows SQLMesh ", versions.sqlmesh_version,
                   more, "."),
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

// Group holds releases with the same schema and sqlglot.
struct Group {
  int schema;
  // The last patch of the minor version that the releases pin (`~=`), which is the one that gets
  // installed. SQLMesh compares only major.minor.
  std::string_view sqlglot;
  std::string_view releases;  // oldest first
};

// Every release from 0.171.0, the first with state files. The schema is the number of the release's
// last migration; the pin is taken from the release's package metadata.
constexpr Group kGroups[] = {
    {77, "26.12.3", "0.171.0 0.171.1 0.171.2"},
    {78, "26.12.3", "0.172.0 0.172.1 0.172.2 0.172.3 0.172.4 0.172.5 0.172.6 0.172.7 0.172.8"},
    {79, "26.12.3", "0.173.0 0.173.1"},
    {79, "26.13.2", "0.174.0 0.174.1 0.174.2 0.175.0 0.175.1 0.175.2"},
    {80, "26.16.4", "0.176.0"},
    {81, "26.16.4", "0.177.0 0.177.1 0.177.2 0.178.0 0.178.1 0.178.2"},
    {82, "26.16.4", "0.179.0"},
    {83, "26.16.4", "0.180.0"},
    {83, "26.17.1", "0.181.0 0.181.1 0.182.0 0.183.0 0.184.0 0.184.1 0.184.2 0.184.3"},
    {83, "26.19.0", "0.185.0 0.185.1 0.186.0 0.186.1"},
    {83, "26.21.3",
     "0.187.0 0.187.1 0.187.2 0.187.3 0.187.4 0.187.5 0.187.6 0.187.7 0.187.8 0.187.9 0.187.10"},
    {83, "26.24.0", "0.188.0 0.188.1"},
    {83, "26.25.3", "0.189.0 0.189.1 0.189.2 0.190.0"},
    {83, "26.26.0", "0.191.0"},
    {83, "26.27.1", "0.192.0 0.192.1 0.192.2 0.193.0 0.193.1"},
    {83, "26.29.0", "0.194.0 0.194.1"},
    {83, "26.30.0", "0.195.0 0.196.0 0.196.1 0.196.2 0.196.3 0.196.4"},
    {83, "26.31.2", "0.197.0 0.197.1 0.197.2 0.197.3 0.197.4 0.197.5 0.197.6 0.197.7"},
    {83, "26.33.0", "0.198.0"},
    {84, "26.33.0", "0.199.0"},
    {84, "27.0.1", "0.200.0"},
    {85, "27.0.1", "0.201.0 0.201.1"},
    {86, "27.0.1", "0.202.0 0.202.1"},
    {86, "27.3.1", "0.203.0"},
    {86, "27.4.1", "0.204.0 0.205.0"},
    {86, "27.5.1", "0.206.0 0.206.1"},
    {87, "27.6.1", "0.207.0 0.208.0 0.208.1 0.209.0 0.209.1 0.209.2 0.209.3 0.209.4"},
    {91, "27.8.0", "0.210.0 0.211.0 0.211.1 0.211.2"},
    {92, "27.9.0", "0.212.0"},
    {93, "27.9.0", "0.213.0 0.213.1"},
    {94, "27.9.0", "0.214.0"},
    {95, "27.12.0", "0.215.0"},
    {96, "27.12.0", "0.216.0"},
    {97, "27.13.2", "0.217.0"},
    {97, "27.14.0", "0.218.0 0.219.0"},
    {97, "27.15.3", "0.220.0 0.220.1 0.220.2"},
    {97, "27.16.3", "0.221.0 0.221.1 0.221.2"},
    {98, "27.17.0", "0.222.0"},
    {98, "27.18.0", "0.223.0"},
    {99, "27.19.0", "0.224.0"},
    {100, "27.24.2", "0.225.0"},
    {100, "27.27.0", "0.226.0"},
    {100, "27.28.1", "0.227.0 0.227.1 0.228.0 0.228.1 0.228.2 0.228.3 0.228.4 0.228.5"},
    {100, "28.7.0", "0.229.0"},
    {100, "28.10.1", "0.230.0 0.230.1 0.231.0 0.231.1"},
    {100, "30.0.3", "0.232.0"},
    {100, "30.2.1", "0.233.0"},
    {101, "30.4.3", "0.234.0 0.234.1"},
    {101, "30.8.0", "0.235.2 0.235.3 0.235.4"},
    {102, "30.8.0", "0.236.0 0.236.1 0.236.2 0.236.3 0.236.4"},
};

std::string_view First(const Group& group) {
  return group.releases.substr(0, group.releases.find(' '));
}

std::string_view Last(const Group& group) {
  size_t space = group.releases.rfind(' ');
  return space == std::string_view::npos ? group.releases : group.releases.substr(space + 1);
}

Versions Of(const Group& group, std::string_view release) {
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
  for (const Group& group : kGroups) {
    if (!wanted(group)) {
      close();
      continue;
    }
    if (first.empty()) first = First(group);
    last = Last(group);
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
  for (const Group& group : kGroups) {
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
  return Error(Reason::NOT_MIGRATED,
               Cat("Database '", database, "' holds no SQLMesh state in schema '",
                   std::string(schema), "'. Please run a migration."),
               "A migration creates the tables.",
               {{"database", std::string(database)}, {"state_schema", std::string(schema)}});
}

absl::Status CheckExportable(const Versions& state, bool allow_newer) {
  if (state.schema_version > NewestVersions().schema_version && !allow_newer) {
    return Ahead("state", state, ", or set `allow_newer` to export the state as stored");
  }
  if (state.schema_version < kOldestExportableSchema) {
    return TooOld("state", state, Behind(state), "migrate the state first");
  }
  return absl::OkStatus();
}

absl::Status CheckUpgradable(const Versions& file) {
  if (file.schema_version > NewestVersions().schema_version) return Ahead("file", file, "");
  if (file.schema_version < kOldestExportableSchema) {
    return TooOld(
        "file", file,
        Cat("The file has schema version ", file.schema_version, ", which no state file can have"),
        "export the state again");
  }
  return absl::OkStatus();
}

absl::Status CheckCurrent(const Versions& state) {
  if (state.schema_version > NewestVersions().schema_version) return Ahead("state", state, "");
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
                NewestVersions().sqlmesh_version,
                ": upgrade the server, then migrate the state with Migrate.")
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
                 Ranges([](const Group&) { return true; }));
}

bool SameAsNewest(const Versions& versions) {
  const Versions& newest = NewestVersions();
  return versions.schema_version == newest.schema_version &&
         MajorMinor(versions.sqlglot_version) == MajorMinor(newest.sqlglot_version);
}

absl::StatusOr<Versions> MigrationTarget(std::string_view release) {
  if (release.empty()) return NewestVersions();
  auto versions = FindRelease(release);
  if (versions.has_value() && SameAsNewest(*versions)) return *versions;
  return Unknown(Cat("This server cannot migrate a state to SQLMesh release '", release,
                     "': it creates older ones only in an empty database"),
                 Ranges([](const Group& group) { return SameAsNewest(Of(group, First(group))); }));
}

}  // namespace stateserver::store
