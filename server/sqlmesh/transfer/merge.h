// SPDX-License-Identifier: Apache-2.0
//
// Merging of the staged rows into the state tables, with the same result as SQLMesh's import, using
// set-based statements under the state lock.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::transfer {

enum class ImportMode { kMerge, kReplace };

// TableChanges counts rows; no count is negative. What the file holds is `inserted` + `replaced`,
// what the table held before is `replaced` + `left_alone` + `deleted`, and what it holds afterwards
// is `inserted` + `replaced` + `left_alone`.
struct TableChanges {
  int64_t inserted = 0;
  int64_t replaced = 0;
  int64_t left_alone = 0;
  int64_t deleted = 0;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("inserted", self.inserted);
    visit("replaced", self.replaced);
    visit("left_alone", self.left_alone);
    visit("deleted", self.deleted);
  }
};

struct MergeReport {
  TableChanges snapshots, environments, auto_restatements, statements;
  int64_t interval_rows_inserted = 0;
  int64_t intervals_already_covered = 0;
  std::vector<Note> notes;

  template <typename Self, typename Visitor>
  static void VisitMembers(Self& self, Visitor& visit) {
    visit("snapshots", self.snapshots);
    visit("environments", self.environments);
    visit("auto_restatements", self.auto_restatements);
    visit("statements", self.statements);
    visit("interval_rows_inserted", self.interval_rows_inserted);
    visit("intervals_already_covered", self.intervals_already_covered);
    visit("notes", self.notes);
  }
};

// Performs the checks that need only the staged rows. Returns RECORD_DUPLICATE.
absl::Status CheckStagedDuplicates(postgres::Session& session);

// Handles environment entries whose snapshot is neither staged nor (when merging) in the state:
// returns DANGLING_REFERENCE naming the first few or, with `drop`, removes them from the stage and
// adds a note.
absl::Status ResolveReferences(postgres::Session& session, std::string_view schema, ImportMode mode,
                               bool drop, std::vector<Note>* notes);

// Applies the stage. `session` must hold the state lock.
absl::StatusOr<MergeReport> ApplyStage(postgres::Session& session, std::string_view schema,
                                       ImportMode mode);

}  // namespace stateserver::transfer
