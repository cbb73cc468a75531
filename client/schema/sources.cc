// SPDX-License-Identifier: Apache-2.0

#include "client/schema/sources.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/errors.h"
#include "client/schema/models_worker.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

constexpr char kIgnoreFile[] = ".schemaignore";

absl::Status Missing(const std::string& path, std::string_view what) {
  return ClientError(ClientReason::INPUT_FILE_MISSING, Cat("'", path, "' ", what),
                     "Name a folder of .sql files, a file, 'live', or 'models:MODULE'; "
                     "`stateclient schema init` makes a folder to begin with.");
}

absl::StatusOr<SchemaText> ReadFile(const fs::path& path, const std::string& name) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in.is_open() || in.bad()) return Missing(path.string(), "cannot be read.");
  return SchemaText{name, text.str()};
}

absl::StatusOr<SchemaSource> ReadFolder(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (auto at = fs::recursive_directory_iterator(folder, error);
       at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) break;
    if (at->is_regular_file() && at->path().extension() == ".sql") paths.push_back(at->path());
  }
  if (error) return Missing(folder, Cat("cannot be read: ", error.message(), "."));
  if (paths.empty()) return Missing(folder, "has no .sql file.");
  std::sort(paths.begin(), paths.end());
  SchemaSource source;
  for (const fs::path& path : paths) {
    ASSIGN_OR_RETURN(SchemaText file, ReadFile(path, path.lexically_normal().string()));
    source.files.push_back(std::move(file));
  }
  return source;
}

}  // namespace

absl::StatusOr<SchemaSource> ReadSchemaSource(const std::string& what, const std::string& python,
                                              const Interrupts& interrupts) {
  constexpr std::string_view kModels = "models:";
  SchemaSource source;
  if (what == "live") {
    source.live = true;
    return source;
  }
  if (what.starts_with(kModels)) {
    ASSIGN_OR_RETURN(std::string script,
                     CompileModels(what.substr(kModels.size()), python, interrupts));
    source.files.push_back({what, std::move(script)});
    return source;
  }
  std::error_code ignored;
  if (fs::is_directory(what, ignored)) return ReadFolder(what);
  if (!fs::exists(what, ignored)) return Missing(what, "does not exist.");
  ASSIGN_OR_RETURN(SchemaText file, ReadFile(what, what));
  source.files.push_back(std::move(file));
  return source;
}

absl::StatusOr<std::vector<std::string>> ReadSchemaIgnore() {
  std::vector<std::string> globs;
  std::ifstream in(kIgnoreFile);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    size_t begin = line.find_first_not_of(" \t\r");
    if (begin == line.npos || line[begin] == '#') continue;
    if (line[begin] == '!') {
      return ClientError(
          ClientReason::SETTINGS_INVALID,
          Cat(kIgnoreFile, ":", number, ": a line that begins with '!' says nothing here."),
          "Take the line that excludes it away instead, or use --include.");
    }
    globs.push_back(line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin));
  }
  return globs;
}

}  // namespace stateserver::client
