// SPDX-License-Identifier: Apache-2.0
//
// Reading the journal. Sessions are in no transaction, or in one that only reads.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/platform/postgres/session.h"
#include "server/starrocks/revisions/journal/records.h"

namespace stateserver::revisions {

// Empty where nothing was ever run.
absl::StatusOr<JournalState> ReadState(postgres::Session& session, const WarehouseKey& key);

absl::StatusOr<std::map<std::string, KnownObject>> ReadObjects(postgres::Session& session,
                                                               const WarehouseKey& key);

struct RunPage {
  std::vector<Run> runs;                          // newest first
  std::map<int64_t, std::vector<Entry>> entries;  // where they are asked for
  std::string next_page_token;
};

struct RunPageOptions {
  int page_size = 0;  // 0: 100; at most 1,000
  std::string page_token;
  std::string revision;  // empty: of all
  bool entries = false;
};

// ARGUMENT_INVALID for a negative size or a token this did not make.
absl::StatusOr<RunPage> ReadRuns(postgres::Session& session, const WarehouseKey& key,
                                 const RunPageOptions& options);

}  // namespace stateserver::revisions
