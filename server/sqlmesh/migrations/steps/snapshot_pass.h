// SPDX-License-Identifier: Apache-2.0
//
// One pass over `_snapshots`: reads every row once, applies all steps, and writes the row once if a
// step changed it.
#pragma once

#include <simdjson.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlmesh/migrations/steps/draft.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// SnapshotRow is a row of `_snapshots` on which the steps operate.
class SnapshotRow {
 public:
  // `json` is valid JSON.
  SnapshotRow(std::string name, std::string identifier, std::string json);
  SnapshotRow(const SnapshotRow&) = delete;
  SnapshotRow& operator=(const SnapshotRow&) = delete;

  // Columns of the row.
  const std::string name;
  const std::string identifier;
  std::optional<std::string> kind_name;
  std::optional<std::string> version;

  // Columns that 90 and 94 fill; written only if set here.
  std::optional<bool> forward_only;
  bool fills_fingerprint = false;
  std::optional<std::string> dev_version;
  std::string fingerprint;

  // DevVersion is a dev version of this snapshot (own) or of one of its previous versions; for 71.
  struct DevVersion {
    std::string identifier;
    std::string dev_version;
    bool own;
  };
  std::vector<DevVersion> dev_versions;

  Draft& document() { return document_; }
  // Returns the document's `node`, which is an object after CheckShape has passed.
  Draft& node() { return *document_.Find("node"); }
  // Returns STATE_CORRUPT unless the document is an object with an object `node`.
  absl::Status CheckShape();

  // Return the member, or null if it is absent or not truthy (Python treats an empty object like
  // null). Return STATE_CORRUPT for another kind. `path` names the member in messages: "node.kind".
  absl::StatusOr<Draft*> Object(Draft& parent, std::string_view key, std::string_view path);
  absl::StatusOr<Draft*> Array(Draft& parent, std::string_view key, std::string_view path);
  // Returns a member that must be a text, for example one of `fingerprint`.
  absl::StatusOr<std::string> Text(Draft& parent, std::string_view key, std::string_view path);

  // Returns the current text in its original spacing.
  std::string Json() const;

  // Returns STATE_CORRUPT: "snapshot NAME (IDENTIFIER): PATH WHAT".
  absl::Status Corrupt(std::string_view path, std::string_view what) const;

 private:
  const std::string json_;
  Draft document_;
};

// PayloadSteps rewrites payloads with Python. It sends each distinct payload once, and not at all
// if the result is known to be unchanged. Not thread-safe.
class PayloadSteps {
 public:
  // If `python` is null, a payload that needs it causes PYTHON_NEEDED. If `release` is empty, it is
  // what the rows passed to Inspect tell, or else that of the worker.
  PayloadSteps(workers::PayloadRewriter* python, std::string release);

  // Returns true if it depends on Inspect in which form payloads are written.
  bool wants_inspection() const { return python_ != nullptr && !configured_; }
  // Reads what the definitions in these rows tell about the Python that wrote them. Errors are
  // those of PayloadRewriter.
  absl::Status Inspect(std::deque<SnapshotRow>& rows);

  // Applies one migration. 85 sorts variables. 87 converts names of blueprint variables to lower
  // case. 102 writes definitions as Python's `ast.unparse` does. Returns STATE_CORRUPT for a
  // payload that Python cannot read (85 leaves such payloads unchanged).
  absl::Status Apply(int migration, std::deque<SnapshotRow>& rows, StepReport* report);

  // Returns in which form payloads were written. Call it last.
  PythonForms Forms();

 private:
  using Answer = workers::PayloadRewriter::Answer;
  struct Task {
    SnapshotRow* row;
    std::string name;  // in python_env
    Draft* executable;
    std::string model;
    std::string payload;
  };

  absl::Status Collect(int migration, SnapshotRow& row, std::vector<Task>* tasks) const;
  absl::Status AddTask(int migration, SnapshotRow& row, Draft::Member& entry,
                       std::vector<Task>* tasks) const;
  absl::Status QueryWorker(int migration, const std::vector<Task>& tasks);
  absl::Status Use(int migration, const Task& task, StepReport* report, bool* changed);
  // Returns the release to name in a request; empty for the worker's own.
  std::string Release() const;

  workers::PayloadRewriter* python_;
  const std::string release_;  // as configured
  const bool configured_;
  ReleaseEvidence evidence_;
  std::unordered_set<size_t> inspected_;  // hashes of payloads
  PythonForms forms_;
  std::unordered_map<std::string, Answer> known_;
  size_t known_bytes_ = 0;
};

// ReportOf returns the report of a step in the current run.
using ReportOf = std::function<StepReport*(int number)>;

// A temporary table that 71 leaves for the intervals: name, identifier, dev_version and own, for
// every snapshot (own) and its previous versions.
inline constexpr std::string_view kDevVersionsTable = "pg_temp.migrated_dev_versions";

class SnapshotPass {
 public:
  SnapshotPass(postgres::Session& session, const SchemaRun& run, ReportOf report);

  // Applies the steps to every snapshot. The tables must have the definitions of schema 102. Leaves
  // kDevVersionsTable behind if the run includes 71.
  absl::StatusOr<PythonForms> MigrateSnapshots();

 private:
  absl::Status CreateStage();
  absl::Status OpenCursor(std::string_view condition);
  absl::Status InspectPayloads();
  absl::Status ReadBatch(std::deque<SnapshotRow>* rows);
  absl::StatusOr<std::string> ReadLarge(const std::string& name, const std::string& identifier);
  absl::Status ApplySteps(std::deque<SnapshotRow>& rows);
  absl::Status Stage(std::deque<SnapshotRow>& rows);
  absl::Status StageDevVersions(std::deque<SnapshotRow>& rows);
  absl::Status Write();
  bool Includes(int number) const { return run_.from < number; }

  postgres::Session& session_;
  const SchemaRun& run_;
  ReportOf report_;
  PayloadSteps payloads_;
  simdjson::dom::parser parser_;
  int64_t staged_ = 0;
};

}  // namespace stateserver::migrations
