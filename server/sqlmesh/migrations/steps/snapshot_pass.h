// SPDX-License-Identifier: Apache-2.0
//
// One pass over `_snapshots`: every row is read once, taken through all steps,
// and written once where one of them changed it.
#pragma once

#include <simdjson.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/sqlmesh/migrations/steps/draft.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

// A row of `_snapshots` on its way through the steps.

class SnapshotRow {
 public:
  // `json` is valid JSON.
  SnapshotRow(std::string name, std::string identifier, std::string json);
  SnapshotRow(const SnapshotRow&) = delete;
  SnapshotRow& operator=(const SnapshotRow&) = delete;

  // Columns.
  const std::string name;
  const std::string identifier;
  std::optional<std::string> kind_name;
  std::optional<std::string> version;

  // Columns that 90 and 94 fill; not written unless set here.
  std::optional<bool> forward_only;
  bool fills_fingerprint = false;
  std::optional<std::string> dev_version;
  std::string fingerprint;

  // 71: the dev versions of this snapshot and of its previous versions.
  struct DevVersion {
    std::string identifier;
    std::string dev_version;
    bool own;
  };
  std::vector<DevVersion> dev_versions;

  Draft& document() { return document_; }
  // The document's `node`, an object once CheckShape has passed.
  Draft& node() { return *document_.Find("node"); }
  // STATE_CORRUPT unless the document is an object with an object `node`.
  absl::Status CheckShape();

  // The member as an object; null when it is absent or not truthy (for Python
  // an empty object and null are alike). STATE_CORRUPT for another kind.
  // `path` is how sentences name it: "node.kind".
  absl::StatusOr<Draft*> Object(Draft& parent, std::string_view key, std::string_view path);
  absl::StatusOr<Draft*> Array(Draft& parent, std::string_view key, std::string_view path);
  // A member that must be a text, for example of `fingerprint`.
  absl::StatusOr<std::string> Text(Draft& parent, std::string_view key, std::string_view path);

  // The text now, in the spacing it had.
  std::string Json() const;

  // STATE_CORRUPT: "snapshot NAME (IDENTIFIER): PATH WHAT".
  absl::Status Corrupt(std::string_view path, std::string_view what) const;

 private:
  const std::string json_;
  Draft document_;
};

// The same error for a row of which no document could be made.
absl::Status CorruptSnapshot(std::string_view name, std::string_view identifier,
                             std::string_view path, std::string_view what);

// Asks for every payload once, and not at all where it is certain that nothing
// changes. Not thread-safe.
class PayloadSteps {
 public:
  // `python` may be null: PYTHON_NEEDED then for a payload it is needed for.
  explicit PayloadSteps(workers::PayloadRewriter* python) : python_(python) {}

  // 85: variables in an order of their own. 87: names of blueprint variables in
  // lower case. 102: definitions as Python's own `ast.unparse` writes them.
  // STATE_CORRUPT for a payload Python cannot read (85 leaves such alone).
  absl::Status Apply(int migration, std::deque<SnapshotRow>& rows, StepReport* report);

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

  workers::PayloadRewriter* python_;
  std::unordered_map<std::string, Answer> known_;
  size_t known_bytes_ = 0;
};

// The reports of one run, by the step's number.
using ReportOf = std::function<StepReport*(int number)>;

// A temporary table that 71 leaves for the intervals: name, identifier,
// dev_version and own, of every snapshot (own) and their previous versions.
inline constexpr std::string_view kDevVersionsTable = "pg_temp.migrated_dev_versions";

class SnapshotPass {
 public:
  SnapshotPass(postgres::Session& session, const SchemaRun& run, ReportOf report);

  // The tables have the definitions of schema 102. Leaves kDevVersionsTable
  // behind where the run includes 71.
  absl::Status Run();

 private:
  absl::Status CreateStage();
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
