// SPDX-License-Identifier: Apache-2.0
//
// One environment record of an import, as it streams in: elements of its long
// lists go to the stage one by one, the rest is decoded at the end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/json/path_splitter.h"
#include "common/json/restyler.h"
#include "server/sqlmesh/records/environment_codec.h"
#include "server/sqlmesh/transfer/snapshot_key.h"
#include "server/sqlmesh/transfer/stage.h"

namespace stateserver::transfer {

// Not thread-safe. Begin, Feed …, End for each record.
class EnvironmentImport : public json::SplitHandler {
 public:
  // `known` holds the file's snapshots seen so far: elements that name another
  // one are staged with their reference, to be resolved at the end.
  EnvironmentImport(Stage& stage, const SnapshotKeySet& known);

  void Begin(std::string_view name);
  absl::Status Feed(std::string_view json);
  absl::Status End();
  bool has_statements() const { return has_statements_; }

 private:
  absl::Status OnValueBegin(const json::CutValue& value) override;
  absl::Status OnValueBytes(std::string_view piece) override;
  absl::Status OnValueEnd() override;
  struct Id {
    std::string name, identifier;
  };
  absl::StatusOr<Id> CheckElement();
  absl::Status OfRecord(const absl::Status& status) const;
  absl::Status FlushRun();

  Stage& stage_;
  const SnapshotKeySet& known_;
  state::EnvironmentCodec codec_;
  std::unique_ptr<json::PathSplitter> splitter_;
  std::string name_;
  ListKind list_ = ListKind::kSnapshots;
  uint64_t index_ = 0;
  std::string element_;
  std::string spaced_;
  std::string run_;  // elements of list_ not staged yet, joined with ", "
  bool has_statements_ = false;
};

}  // namespace stateserver::transfer
