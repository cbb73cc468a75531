// SPDX-License-Identifier: Apache-2.0
//
// The folder of revision files, and its checksums.
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
  std::vector<SchemaText> files;  // by name; the names alone
  revisions::Graph graph;
  // Files that `revisions.sum` does not have, and those that it has otherwise.
  std::vector<std::string> unlisted, edited;
};

// Every *.sql of the folder. Errors: INPUT_FILE_MISSING for a folder that is not
// there; REVISION_INVALID, as revisions::ReadRevision and Graph::Make.
absl::StatusOr<RevisionFolder> ReadRevisionFolder(const std::string& path);

// Says which files were edited since they were written.
void WarnEdited(Console& console, const RevisionFolder& folder);

// Writes the file into the folder, and `revisions.sum` of all that is there then.
// The path of the file. REVISION_INVALID where it does not fit to the others;
// OUTPUT_FAILED; nothing is written over.
absl::StatusOr<std::string> WriteRevision(const RevisionFolder& folder, const std::string& name,
                                          const std::string& text);

}  // namespace stateserver::client
