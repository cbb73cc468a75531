// SPDX-License-Identifier: Apache-2.0

#include "client/schema/sources.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "client/cli/commands/file_argument.h"
#include "client/connection/answer_limit.h"
#include "client/errors.h"
#include "client/schema/answer_files.h"
#include "client/schema/models_worker.h"
#include "client/statefile/target.h"
#include "common/error.h"
#include "common/regular_file.h"
#include "common/text.h"

namespace stateserver::client {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModels = "models:";
constexpr char kIgnoreFile[] = ".schemaignore";

absl::Status Missing(const std::string& path, std::string_view what) {
  return ClientError(ClientReason::INPUT_FILE_MISSING, Cat("'", path, "' ", what),
                     "Name a folder of .sql files, a file, 'live', or 'models:MODULE'; "
                     "`stateclient schema init` creates a folder to start with.");
}

absl::StatusOr<SchemaText> ReadFile(const fs::path& path, const std::string& name) {
  auto text = ReadRegularFile(path.string(), kMaxSchemaBytes);
  if (!text.ok())
    return Missing(path.string(), Cat("cannot be read: ", MessageOf(text.status()), "."));
  return SchemaText{name, *std::move(text)};
}

absl::StatusOr<SchemaSource> ReadFolder(const std::string& folder, EmptyFolder empty) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (auto at = fs::recursive_directory_iterator(folder, error);
       at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) break;
    if (at->is_regular_file() && at->path().extension() == ".sql") paths.push_back(at->path());
  }
  if (error) return Missing(folder, Cat("cannot be read: ", error.message(), "."));
  if (paths.empty() && empty == EmptyFolder::kRefuse) return Missing(folder, "has no .sql file.");
  std::sort(paths.begin(), paths.end());
  SchemaSource source;
  for (const fs::path& path : paths) {
    ASSIGN_OR_RETURN(SchemaText file, ReadFile(path, path.lexically_normal().string()));
    source.files.push_back(std::move(file));
  }
  return source;
}

constexpr size_t kPiece = size_t{512} << 10;

// Returns false once the server has ended the call.
template <typename Stream, typename Request>
bool SendFiles(Stream& stream, const SchemaSource& source, pb::SchemaFile* (Request::*file)()) {
  for (const SchemaText& one : source.files) {
    for (size_t at = 0; at == 0 || at < one.text.size(); at += kPiece) {
      Request request;
      pb::SchemaFile* piece = (request.*file)();
      piece->set_name(one.name);
      piece->set_text(one.text.substr(at, kPiece));
      if (!stream.Write(request)) return false;
    }
  }
  return true;
}

}  // namespace

bool IsModels(const std::string& what) { return what.starts_with(kModels); }

absl::StatusOr<SchemaSource> ReadSchemaSource(const std::string& what, const std::string& python,
                                              const Interrupts& interrupts,
                                              EmptyFolder empty_folder) {
  SchemaSource source;
  if (what == "live") return source;
  if (IsModels(what)) {
    ASSIGN_OR_RETURN(std::string script,
                     CompileModels(what.substr(kModels.size()), python, interrupts));
    source.files.push_back({what, std::move(script)});
    return source;
  }
  std::error_code ignored;
  if (fs::is_directory(what, ignored)) return ReadFolder(what, empty_folder);
  if (!fs::exists(what, ignored)) return Missing(what, "does not exist.");
  ASSIGN_OR_RETURN(SchemaText file, ReadFile(what, what));
  source.files.push_back(std::move(file));
  return source;
}

absl::StatusOr<std::vector<std::string>> ReadSchemaIgnore() {
  std::vector<std::string> globs;
  std::error_code ignored;
  if (!fs::exists(kIgnoreFile, ignored)) return globs;
  auto text = ReadRegularFile(kIgnoreFile, kMaxConfigBytes);
  if (!text.ok()) {
    return ClientError(ClientReason::SETTINGS_INVALID,
                       Cat("'", kIgnoreFile, "' cannot be read: ", MessageOf(text.status()), "."));
  }
  std::istringstream in(*text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::string_view glob = Trim(line);
    if (glob.empty() || glob.front() == '#') continue;
    if (glob.front() == '!') {
      return ClientError(
          ClientReason::SETTINGS_INVALID,
          Cat(kIgnoreFile, ":", number, ": a line that begins with '!' has no effect here."),
          "Remove the line that excludes it instead, or use --include.");
    }
    globs.emplace_back(glob);
  }
  return globs;
}

absl::StatusOr<SchemaPlan> RunDiff(Client& client, const pb::DiffBegin& begin,
                                   const SchemaSource& from, const SchemaSource& to) {
  auto stream = client.Diff();
  pb::DiffRequest request;
  *request.mutable_begin() = begin;
  bool sent = stream->Write(request) &&
              SendFiles(*stream, from, &pb::DiffRequest::mutable_from_file) &&
              SendFiles(*stream, to, &pb::DiffRequest::mutable_to_file);
  if (sent) stream->WritesDone();
  SchemaPlan plan;
  AnswerLimit limit;
  pb::DiffResponse response;
  while (stream->Read(&response)) {
    RETURN_IF_ERROR(limit.Count(response.ByteSizeLong()));
    plan.Add(response.event());
  }
  RETURN_IF_ERROR(stream->Finish());
  return plan;
}

absl::StatusOr<GeneratedSchema> RunGenerate(Client& client, const pb::GenerateBegin& begin,
                                            const SchemaSource& source) {
  auto stream = client.Generate();
  pb::GenerateRequest request;
  *request.mutable_begin() = begin;
  bool sent =
      stream->Write(request) && SendFiles(*stream, source, &pb::GenerateRequest::mutable_file);
  if (sent) stream->WritesDone();
  GeneratedSchema out;
  AnswerLimit limit;
  AnswerFiles files(begin.format() == pb::SCHEMA_FORMAT_MODELS ? ".py" : ".sql");
  pb::GenerateResponse response;
  while (stream->Read(&response)) {
    RETURN_IF_ERROR(limit.Count(response.ByteSizeLong()));
    if (response.has_unread()) out.unread.push_back(response.unread());
    if (response.has_warning()) out.warnings.push_back(response.warning());
    if (!response.has_file()) continue;
    RETURN_IF_ERROR(files.Add(response.file().name(), response.file().text()));
  }
  RETURN_IF_ERROR(stream->Finish());
  out.files = files.Release();
  return out;
}

absl::Status WriteWholeFile(const std::string& path, std::string_view text) {
  auto target = OutputTarget::Open(path);
  if (!target.ok()) return OutputError(target.status());
  while (!text.empty()) {
    ssize_t written = write((*target)->fd(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return ClientError(ClientReason::OUTPUT_FAILED,
                         Cat("Cannot write ", (*target)->name(), ": ", std::strerror(errno), "."));
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  absl::Status status = (*target)->Commit();
  return status.ok() ? status : OutputError(status);
}

}  // namespace stateserver::client
