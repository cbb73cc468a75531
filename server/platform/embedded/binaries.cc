// SPDX-License-Identifier: Apache-2.0

#include "server/platform/embedded/binaries.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>
#include <vector>

#include "common/error.h"
#include "server/platform/embedded/child.h"

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

// From "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"; 0 when it is none.
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
  return "install postgresql-" + std::to_string(major) +
         ", or name the folder of its programs in " + kVariable;
}

absl::Status NotFound(const std::vector<Binaries>& installed, std::optional<int> wanted) {
  std::string found;
  for (const Binaries& binaries : installed) {
    found += (found.empty() ? "" : ", ") + std::to_string(binaries.major) + " in " +
             fs::path(binaries.postgres).parent_path().string();
  }
  std::string text = wanted ? "the cluster was made by PostgreSQL " + std::to_string(*wanted) +
                                  ", whose programs were not found"
                            : "the programs initdb and postgres of PostgreSQL 13 to 17 were not "
                              "found";
  const char* variable = std::getenv(kVariable);
  if (variable != nullptr && *variable != '\0') text += std::string(" in ") + variable;
  if (!found.empty()) text += " (found: " + found + ")";
  return Error(Reason::DATABASE_UNREACHABLE, text, Hint(wanted.value_or(15)));
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

}  // namespace stateserver::postgres::embedded
