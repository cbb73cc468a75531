// SPDX-License-Identifier: Apache-2.0
//
// The folder of revision files and its checksums.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/output/console.h"
#include "client/schema/sources.h"
#include "revisions/graph.h"
#include "revisions/revision_file.h"

namespace stateserver::client {

struct RevisionFolder {
  std::string path;
  std::vector<SchemaText> files;  // sorted by name; names without the folder
  revisions::Graph graph;
  // Files whose checksum differs from the one in `revisions.sum`.
  std::vector<std::string> edited;
};

// Reads every *.sql of the folder. Returns INPUT_FILE_MISSING if the folder does not exist, and
// REVISION_INVALID as revisions::ReadRevision and Graph::Make do.
absl::StatusOr<RevisionFolder> ReadRevisionFolder(const std::string& path);

// Warns about files that were edited after they were written.
void WarnEdited(Console& console, const RevisionFolder& folder);

// Writes the file into the folder and updates `revisions.sum` for all files. Returns the path of
// the file. Returns REVISION_INVALID if it conflicts with the others, or OUTPUT_FAILED. Never
// overwrites a file.
absl::StatusOr<std::string> WriteRevision(const RevisionFolder& folder, const std::string& name,
                                          const std::string& text);

}  // namespace stateserver::client
