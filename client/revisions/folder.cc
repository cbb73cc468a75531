// SPDX-License-Identifier: Apache-2.0

#include "client/revisions/folder.h"

#include <algorithm>
#include <filesystem>

#include "client/cli/output/text.h"
#include "client/errors.h"
#include "client/folder_file.h"
#include "client/schema/sources.h"
#include "common/regular_file.h"
#include "common/sha256.h"
#include "common/text.h"
#include "revisions/revision_file.h"
#include "revisions/sums.h"

namespace stateserver::client {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadText(const fs::path& path) {
  auto text = ReadRegularFile(path.string(), kMaxSchemaBytes);
  if (text.ok()) return text;
  return ClientError(ClientReason::INPUT_FILE_MISSING,
                     Cat("'", path.string(), "' cannot be read: ", MessageOf(text.status()), "."));
}

absl::StatusOr<revisions::Sums> ReadSumsOf(const fs::path& folder) {
  fs::path path = folder / revisions::kSumsFile;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return revisions::Sums();
  ASSIGN_OR_RETURN(std::string text, ReadText(path));
  return revisions::ReadSums(text);
}

}  // namespace

absl::StatusOr<RevisionFolder> ReadRevisionFolder(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return ClientError(ClientReason::INPUT_FILE_MISSING,
                       Cat("No folder of revisions named '", path, "'."),
                       "`stateclient schema init` creates it; --revisions names another one.");
  }
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().extension() == ".sql") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  RevisionFolder folder;
  folder.path = path;
  std::vector<revisions::Revision> all;
  ASSIGN_OR_RETURN(revisions::Sums sums, ReadSumsOf(path));
  for (const fs::path& one : paths) {
    std::string name = one.filename().string();
    ASSIGN_OR_RETURN(std::string text, ReadText(one));
    ASSIGN_OR_RETURN(revisions::Revision revision, revisions::ReadRevision(name, text));
    auto sum = sums.find(name);
    if (sum != sums.end() && sum->second != revision.sum) folder.edited.push_back(name);
    all.push_back(std::move(revision));
    folder.files.push_back({name, std::move(text)});
  }
  ASSIGN_OR_RETURN(folder.graph, revisions::Graph::Make(std::move(all)));
  return folder;
}

void WarnEdited(Console& console, const RevisionFolder& folder) {
  for (const std::string& name : folder.edited) {
    console.Warning(Cat(Printable(name), " was edited since it was written (", revisions::kSumsFile,
                        "); the next `stateclient schema revision` or `merge` accepts the edit."));
  }
}

absl::StatusOr<std::string> WriteRevision(const RevisionFolder& folder, const std::string& name,
                                          const std::string& text) {
  // Validates the text before it is written: a duplicate or invalid id must not get into a file.
  ASSIGN_OR_RETURN(revisions::Revision fresh, revisions::ReadRevision(name, text));
  std::vector<revisions::Revision> all = folder.graph.all();
  all.push_back(std::move(fresh));
  RETURN_IF_ERROR(revisions::Graph::Make(std::move(all)).status());
  RETURN_IF_ERROR(CheckFileName(name, ".sql"));
  fs::path path = fs::path(folder.path) / name;
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored))) {
    return ClientError(ClientReason::OUTPUT_FAILED,
                       Cat("'", path.string(), "' exists already and is not overwritten."));
  }
  revisions::Sums sums;
  for (const SchemaText& file : folder.files) sums[file.name] = Sha256::Hex(file.text);
  sums[name] = Sha256::Hex(text);
  RETURN_IF_ERROR(WriteFolderFile(folder.path, name, text, IfExists::kFail));
  RETURN_IF_ERROR(WriteFolderFile(folder.path, revisions::kSumsFile, revisions::PrintSums(sums),
                                  IfExists::kReplace));
  return path.string();
}

}  // namespace stateserver::client
