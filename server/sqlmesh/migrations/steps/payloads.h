// SPDX-License-Identifier: Apache-2.0
//
// 85, 87 and 102: payloads of `python_env` that Python itself rewrites.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "server/sqlmesh/migrations/steps/snapshot_row.h"
#include "server/sqlmesh/migrations/steps/steps.h"

namespace stateserver::migrations {

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
  absl::Status Ask(int migration, const std::vector<Task>& tasks);
  absl::Status Use(int migration, const Task& task, StepReport* report, bool* changed);

  workers::PayloadRewriter* python_;
  std::unordered_map<std::string, Answer> known_;
  size_t known_bytes_ = 0;
};

}  // namespace stateserver::migrations
