// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/rows/migrate_rows.h"

#include <string>
#include <utility>

#include "common/error.h"
#include "common/text.h"
#include "server/sqlmesh/migrations/failpoint.h"
#include "server/sqlmesh/migrations/rows/fingerprints.h"
#include "server/sqlmesh/migrations/rows/read_nodes.h"
#include "server/sqlmesh/migrations/rows/write_environments.h"
#include "server/sqlmesh/migrations/rows/write_snapshots.h"

namespace stateserver::migrations {

namespace {

constexpr size_t kNamedInError = 20;
constexpr size_t kNamedInNote = 100;

std::string Label(const Node& node) { return Cat(node.name, " (", node.identifier, ")"); }

absl::Status Refused(const Graph& graph, const std::vector<Unsupported>& unsupported) {
  std::string list;
  for (size_t i = 0; i < unsupported.size() && i < kNamedInError; ++i) {
    AppendTo(&list, "\n  ", Label(graph[unsupported[i].node]), ": ", unsupported[i].reason);
  }
  if (unsupported.size() > kNamedInError) {
    AppendTo(&list, "\n  and ", unsupported.size() - kNamedInError, " more");
  }
  const Node& first = graph[unsupported.front().node];
  return Error(
      Reason::FINGERPRINTS_UNSUPPORTED,
      Cat("The fingerprints of ", unsupported.size(),
          unsupported.size() == 1 ? " snapshot" : " snapshots", " cannot be computed here:", list),
      "Configure `fingerprint_worker` with a Python that has SQLMesh, or keep their hashes with "
      "`keep_unsupported_fingerprints`: the next plan may then show these models as changed.",
      {{"record", first.name},
       {"identifier", first.identifier},
       {"count", Cat(unsupported.size())}});
}

transfer::Note Kept(const Graph& graph, const std::vector<Unsupported>& unsupported) {
  transfer::Note notice;
  notice.kind = "kept_fingerprints";
  notice.count = static_cast<int64_t>(unsupported.size());
  notice.message =
      Cat(unsupported.size(), unsupported.size() == 1 ? " snapshot keeps" : " snapshots keep",
          " the hashes of an older SQLMesh, because no new ones can be computed; if the recipe has "
          "changed since, the next plan shows these models, and those built on them, as changed.");
  for (size_t i = 0; i < unsupported.size() && i < kNamedInNote; ++i) {
    notice.records.push_back(Cat(Label(graph[unsupported[i].node]), ": ", unsupported[i].reason));
  }
  return notice;
}

void CountNodes(const Graph& graph, RowCounts* counts) {
  for (const Node& node : graph) {
    if (!node.exists) continue;
    ++counts->snapshots_read;
    if (!node.changed()) ++counts->unchanged;
    int64_t& by = node.hashed_by == HashedBy::kServer   ? counts->native
                  : node.hashed_by == HashedBy::kWorker ? counts->by_worker
                                                        : counts->kept;
    ++by;
  }
}

}  // namespace

absl::Status CreateTemp(postgres::Session& session, std::string_view name,
                        std::string_view columns) {
  return session.Execute(
      Cat("CREATE TEMPORARY TABLE ", postgres::QuoteName(name), " (", columns, ") ON COMMIT DROP"));
}

absl::StatusOr<RowCounts> MigrateRows(postgres::Session& session, const RunOptions& options,
                                      const operations::Progress& progress,
                                      std::vector<transfer::Note>* notes) {
  RowCounts counts;
  ASSIGN_OR_RETURN(UsedSnapshots used, ReadUsed(session, options.schema));
  counts.environments = static_cast<int64_t>(used.environments.size());
  std::vector<Unsupported> unsupported;
  RETURN_IF_ERROR(ReadNodes(session, options, progress, &used.graph, &unsupported));
  MIGRATION_FAILPOINT("migrate.after_reading", session);
  RETURN_IF_ERROR(ComputeFingerprints(&used.graph, &unsupported));
  if (!unsupported.empty()) {
    if (!options.keep_unsupported_fingerprints) return Refused(used.graph, unsupported);
    notes->push_back(Kept(used.graph, unsupported));
  }
  CountNodes(used.graph, &counts);
  ASSIGN_OR_RETURN(Targets targets, FindTargets(session, options.schema, used.graph));
  if (targets.targets.empty()) return counts;
  ASSIGN_OR_RETURN(counts.written, WriteSnapshots(session, options, progress, used.graph, targets));
  MIGRATION_FAILPOINT("migrate.after_snapshots", session);
  ASSIGN_OR_RETURN(EnvironmentChanges changes,
                   WriteEnvironments(session, options, progress, used, targets));
  counts.environments_written = changes.written;
  if (changes.prod) RETURN_IF_ERROR(UnpauseProd(session, options, used));
  MIGRATION_FAILPOINT("migrate.after_environments", session);
  return counts;
}

}  // namespace stateserver::migrations
