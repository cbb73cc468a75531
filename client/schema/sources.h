// SPDX-License-Identifier: Apache-2.0
//
// What a schema on the command line names: files, models, or the live database.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/connection/client.h"

namespace stateserver::client {

struct SchemaText {
  std::string name;  // what messages call it
  std::string text;
};

struct SchemaSource {
  bool live = false;
  std::vector<SchemaText> files;  // otherwise
};

// `what` is "live", "models:MODULE[:ATTRIBUTE]", a file, or a folder, of which
// every *.sql below it is read, in the order of their paths.
// Errors: INPUT_FILE_MISSING, those of CompileModels.
absl::StatusOr<SchemaSource> ReadSchemaSource(const std::string& what, const std::string& python,
                                              const Interrupts& interrupts);

// The globs of the `.schemaignore` in the working folder, one a line, with `#`
// comments; none where there is no such file. SETTINGS_INVALID names a line that
// begins with `!`.
absl::StatusOr<std::vector<std::string>> ReadSchemaIgnore();

// All pieces of the answer, joined.
absl::StatusOr<pb::DiffResponse> RunDiff(Client& client, const pb::DiffBegin& begin,
                                         const SchemaSource& from, const SchemaSource& to);

struct GeneratedSchema {
  std::vector<SchemaText> files;
  std::vector<pb::UnreadSchemaObject> unread;
};
absl::StatusOr<GeneratedSchema> RunGenerate(Client& client, const pb::GenerateBegin& begin,
                                            const SchemaSource& source);

// Into a file beside it that then takes its place; "-" is standard output.
// OUTPUT_FAILED with the path and why.
absl::Status WriteWholeFile(const std::string& path, std::string_view text);

}  // namespace stateserver::client
