// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/create.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>
#include <vector>

#include "common/error.h"
#include "common/regular_file.h"
#include "server/platform/embedded/folder.h"
#include "server/platform/embedded/processes.h"

namespace stateserver::postgres::embedded {

namespace {

namespace fs = std::filesystem;

constexpr char kVariable[] = "STATESERVER_PG_BIN";

void AddMatching(const fs::path& parent, const std::regex& name, const char* below,
                 std::vector<std::string>* folders) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    if (std::regex_match(entry.path().filename().string(), name)) {
      folders->push_back((entry.path() / below).string());
    }
  }
}

std::vector<std::string> Folders() {
  std::vector<std::string> folders;
  if (const char* only = std::getenv(kVariable); only != nullptr && *only != '\0') return {only};
  AddMatching("/usr/lib/postgresql", std::regex("[0-9]+"), "bin", &folders);  // Debian
  AddMatching("/usr", std::regex("pgsql-[0-9]+"), "bin", &folders);           // Red Hat
  AddMatching("/usr/local", std::regex("pgsql.*"), "bin", &folders);          // from source
  const char* path = std::getenv("PATH");
  std::istringstream parts(path == nullptr ? "" : path);
  for (std::string part; std::getline(parts, part, ':');) {
    if (part.starts_with('/')) folders.push_back(part);
  }
  return folders;
}

// Parses "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)". Returns 0 for any other text.
int MajorOf(const std::string& postgres) {
  auto user = CurrentUser();
  if (!user.ok()) return 0;
  auto finished = Run({postgres, "--version"}, *user);
  std::smatch match;
  static const std::regex pattern(R"(\(PostgreSQL\) (\d+))");
  if (!finished.ok() || !std::regex_search(finished->output, match, pattern)) return 0;
  return std::atoi(match[1].str().c_str());
}

std::vector<Binaries> Installed() {
  std::vector<Binaries> found;
  for (const std::string& folder : Folders()) {
    Binaries binaries{folder + "/initdb", folder + "/postgres", 0};
    if (access(binaries.initdb.c_str(), X_OK) != 0) continue;
    if (access(binaries.postgres.c_str(), X_OK) != 0) continue;
    binaries.major = MajorOf(binaries.postgres);
    if (binaries.major > 0) found.push_back(binaries);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Binaries& a, const Binaries& b) { return a.major > b.major; });
  return found;
}

std::string Hint(int major) {
  return "Install postgresql-" + std::to_string(major) +
         ", or name the folder of its programs in " + kVariable;
}

absl::Status NotFound(const std::vector<Binaries>& installed, std::optional<int> wanted) {
  std::string found;
  for (const Binaries& binaries : installed) {
    found += (found.empty() ? "" : ", ") + std::to_string(binaries.major) + " in " +
             fs::path(binaries.postgres).parent_path().string();
  }
  std::string text = wanted ? "The cluster was created by PostgreSQL " + std::to_string(*wanted) +
                                  ", whose programs were not found"
                            : "The programs initdb and postgres of PostgreSQL 13 to 17 were not "
                              "found";
  const char* variable = std::getenv(kVariable);
  if (variable != nullptr && *variable != '\0') text += std::string(" in ") + variable;
  if (!found.empty()) text += " (found: " + found + ")";
  return Error(Reason::DATABASE_UNREACHABLE, text, Hint(wanted.value_or(15)));
}

constexpr int kErrorLines = 8;

absl::Status ProgramFailed(const std::string& program, const std::string& output) {
  bool full = output.find("No space left on device") != std::string::npos;
  return Error(full ? Reason::DATABASE_FULL : Reason::DATABASE_UNREACHABLE,
               "'" + program + "' failed: " + LastLines(output, kErrorLines),
               full ? "Free space on the disk and start again" : "");
}

// A killed server's initdb may live a moment longer and still add files.
absl::Status RemoveRemains(const std::string& path) {
  std::error_code error;
  for (int attempt = 0; attempt < 20; ++attempt) {
    fs::remove_all(path, error);
    if (!error) return absl::OkStatus();
    usleep(100'000);
  }
  return FileError("Cannot remove", path, error.value());
}

absl::Status RunInitdb(const std::string& data, const Binaries& binaries, const OsUser& user) {
  ASSIGN_OR_RETURN(Finished initdb, Run({binaries.initdb, "--pgdata=" + data, "--encoding=UTF8",
                                         "--locale=C.UTF-8", "--auth-local=peer",
                                         "--auth-host=reject", std::string("--username=") + kRole},
                                        user));
  return initdb.ok ? absl::OkStatus() : ProgramFailed("initdb", initdb.output);
}

// Uses single-user mode, so that the cluster is complete before it becomes visible.
absl::Status CreateDatabase(const std::string& data, const Binaries& binaries, const OsUser& user) {
  ASSIGN_OR_RETURN(Finished single, Run({binaries.postgres, "--single", "-D", data, "-c",
                                         "exit_on_error=true", "postgres"},
                                        user, std::string("CREATE DATABASE ") + kDatabase + ";\n"));
  return single.ok ? absl::OkStatus() : ProgramFailed("CREATE DATABASE", single.output);
}

absl::Status Make(const Layout& layout, const Binaries& binaries, const OsUser& user) {
  const std::string making = layout.data_in_making();
  ASSIGN_OR_RETURN(Folder dir, Folder::Open(layout.dir));
  ASSIGN_OR_RETURN(Folder data, Folder::OpenOrCreate(making, 0700));
  RETURN_IF_ERROR(data.Give(user, 0700));
  RETURN_IF_ERROR(RunInitdb(making, binaries, user));
  RETURN_IF_ERROR(CreateDatabase(making, binaries, user));
  RETURN_IF_ERROR(dir.Rename(kMakingName, kDataName));
  return dir.Sync();
}

std::string Ident(const OsUser& user) {
  return "stateserver \"" + user.name + "\" " + kRole + "\n";
}

}  // namespace

absl::StatusOr<Binaries> FindBinaries(std::optional<int> wanted) {
  std::vector<Binaries> installed = Installed();
  for (const Binaries& binaries : installed) {
    bool fits = wanted ? binaries.major == *wanted
                       : binaries.major >= kOldestMajor && binaries.major <= kNewestMajor;
    if (fits) return binaries;
  }
  return NotFound(installed, wanted);
}

absl::StatusOr<std::optional<int>> ClusterVersion(const Layout& layout) {
  std::error_code error;
  if (!fs::exists(layout.data(), error)) return std::optional<int>();
  auto text = ReadRegularFile(layout.data() + "/PG_VERSION", kMaxConfigBytes);
  int major = text.ok() ? std::atoi(text->c_str()) : 0;
  if (major > 0) return std::optional<int>(major);
  return Error(Reason::ARGUMENT_INVALID,
               "'" + layout.data() + "' is not a PostgreSQL cluster: it has no readable PG_VERSION",
               "Name another folder, or move this one away");
}

absl::Status CreateCluster(const Layout& layout, const Binaries& binaries, const OsUser& user) {
  RETURN_IF_ERROR(RemoveRemains(layout.data_in_making()));
  absl::Status made = Make(layout, binaries, user);
  if (!made.ok()) RemoveRemains(layout.data_in_making()).IgnoreError();
  return made;
}

absl::Status WriteAccessRules(const Layout& layout, const OsUser& server, const OsUser& user) {
  ASSIGN_OR_RETURN(Folder data, Folder::Open(layout.data()));
  RETURN_IF_ERROR(data.GiveContents(user));
  const std::string note = "# Written by stateserver at every start.\n";
  RETURN_IF_ERROR(
      data.WriteFile("pg_hba.conf", note + "local all all peer map=stateserver\n", &user));
  std::string ident = note + Ident(server);
  if (user.name != server.name) ident += Ident(user);
  return data.WriteFile("pg_ident.conf", ident, &user);
}

}  // namespace stateserver::postgres::embedded
