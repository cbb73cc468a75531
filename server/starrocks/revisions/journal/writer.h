// SPDX-License-Identifier: Apache-2.0
//
// Writing the journal, under the warehouse's lock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/platform/postgres/pool.h"
#include "server/starrocks/revisions/journal/records.h"

namespace stateserver::revisions {

// Who begins a run.
struct RunStart {
  std::string revision, message;
  Direction direction = Direction::kUpgrade;
  std::string operation_id, principal, peer;
};

// What a run has made true.
struct RunEnd {
  Run run;
  std::string sum;                 // of the revision's file
  std::vector<std::string> heads;  // afterwards
  // Touched objects as they are now; nothing: it is not there any more.
  std::map<std::string, std::optional<KnownObject>> objects;
  std::string version_table;
};

// What a stamp makes true.
struct StampRecord {
  std::map<std::string, std::string> applied;  // revision, checksum of its file
  std::vector<std::string> heads;
  std::map<std::string, KnownObject> objects;
  std::string version_table;
};

// Every write but Finish and Stamp is a transaction of its own on a connection of its own,
// and goes on when the call it is for was cancelled: what the engine has done must
// be noted. All need the lock's fencing token to be the newest: otherwise
// WAREHOUSE_LOCK_LOST, and nothing is written. Not thread-safe.
class JournalWriter {
 public:
  JournalWriter(postgres::Pool& pool, WarehouseKey key, int64_t fencing)
      : pool_(pool), key_(std::move(key)), fencing_(fencing) {}

  absl::StatusOr<Run> BeginRun(const RunStart& start);
  // An open run goes on, as a part of another operation.
  absl::Status TakeOver(const Run& run, const RunStart& start, std::string_view status);

  // Before a statement is sent, again for one that is sent again.
  absl::Status Intend(const Run& run, const Entry& entry);
  absl::Status Sent(const Run& run, const Entry& entry);
  absl::Status Done(const Run& run, const Entry& entry);
  absl::Status Failed(const Run& run, const Entry& entry, const std::string& error);

  // The run stays open.
  absl::Status FailRun(const Run& run, std::string_view status, const std::string& error);
  // Its statements were taken back.
  absl::Status EndCompensated(const Run& run, const std::string& error);
  // The last word on a run, in the transaction that `session` is in.
  absl::Status Finish(postgres::Session& session, const RunEnd& end);
  absl::Status FinishAlone(const RunEnd& end);
  // In the transaction that `session` is in; closes a run that is open.
  absl::Status Stamp(postgres::Session& session, const StampRecord& record, const RunStart& start);

 private:
  absl::Status Write(const std::string& sql, std::vector<std::optional<std::string>> more);
  absl::Status WriteIn(postgres::Session& session, const std::string& sql,
                       std::vector<std::optional<std::string>> more);
  absl::Status SetEntry(const Run& run, const Entry& entry, std::string_view status,
                        const std::string& error);
  absl::Status WriteHeads(postgres::Session& session, const std::vector<std::string>& heads,
                          const std::string& version_table);
  absl::Status WriteApplied(postgres::Session& session, const std::string& revision,
                            const std::string& sum);
  absl::Status WriteObject(postgres::Session& session, const std::string& name,
                           const KnownObject& object);
  absl::Status Clear(postgres::Session& session, std::string_view table);

  postgres::Pool& pool_;
  const WarehouseKey key_;
  const int64_t fencing_;
};

}  // namespace stateserver::revisions
