// SPDX-License-Identifier: Apache-2.0
//
// Schemas named on the command line: files, models, or the live database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/connection/client.h"
#include "client/schema/plan.h"
#include "client/schema/schema_text.h"

namespace stateserver::client {

struct SchemaSource {
  std::vector<SchemaText> files;  // none if live: the server reads that itself
};

// Returns true for "models:MODULE[:ATTRIBUTE]".
bool IsModels(const std::string& what);

// Reads a schema. `what` is "live", "models:MODULE[:ATTRIBUTE]", a file, or a folder whose *.sql
// files are read recursively, sorted by path. Returns INPUT_FILE_MISSING, also for a folder without
// such files unless `empty_folder` allows it, and errors of CompileModels.
enum class EmptyFolder { kRefuse, kAllow };
absl::StatusOr<SchemaSource> ReadSchemaSource(const std::string& what, const std::string& python,
                                              const Interrupts& interrupts,
                                              EmptyFolder empty_folder = EmptyFolder::kRefuse);

// Returns the globs of `.schemaignore` in the working directory, one per line, with `#` comments;
// empty if the file does not exist. Returns SETTINGS_INVALID, naming a line that begins with `!`.
absl::StatusOr<std::vector<std::string>> ReadSchemaIgnore();

// Compares two schemas on the server.
absl::StatusOr<SchemaPlan> RunDiff(Client& client, const pb::DiffBegin& begin,
                                   const SchemaSource& from, const SchemaSource& to);

struct GeneratedSchema {
  std::vector<SchemaText> files;
  std::vector<pb::UnreadSchemaObject> unread;
  std::vector<pb::SchemaWarning> warnings;
};
// Generates files on the server. Returns ANSWER_INVALID, as AnswerFiles does: the names of the
// result are safe to write into a folder.
absl::StatusOr<GeneratedSchema> RunGenerate(Client& client, const pb::GenerateBegin& begin,
                                            const SchemaSource& source);

// Writes a file that the user has named: a temporary file in the same folder, which is renamed. "-"
// is standard output, and a link is followed. Other files are written by WriteFolderFile. Returns
// OUTPUT_FAILED with the path and the reason.
absl::Status WriteWholeFile(const std::string& path, std::string_view text);

}  // namespace stateserver::client
