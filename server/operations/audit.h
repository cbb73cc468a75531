// SPDX-License-Identifier: Apache-2.0
//
// The audit trail: what became of every call that changes something, in order,
// never overwritten. An operation's row tells its last run; this tells all of them.
// Each event is written in the transaction that it is about: the begin with the
// `running` row, success with the change itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/log.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

struct AuditEvent {
  // Rises with time within a gateway's database; gaps mean nothing.
  int64_t seq = 0;
  int64_t at_ts = 0;
  // "began", "succeeded", "failed", "refused".
  std::string event;
  std::string operation_id;
  std::string kind;
  std::string gateway;
  std::string principal;
  // How the principal was known: "token", "jwt", "certificate", "unix_socket",
  // "nobody".
  std::string method;
  std::string peer;
  std::string trace_id;
  std::string arguments_json;
  // The result of one that succeeded, as JSON.
  std::string details_json;
  std::string error;
  std::string error_reason;
};

struct AuditPage {
  // Oldest first.
  std::vector<AuditEvent> events;
  // 0 on the last page.
  int64_t next_seq = 0;
};

// Events with a seq of at least `from_seq`, not older than `since_ts`; of one
// operation where `operation_id` is not empty. `page_size` 0: 100; at most 1,000;
// a page also ends after about 1 MiB of text. Long texts are cut.
// ARGUMENT_INVALID for a negative size and an id that is no UUID. None where the
// trail was never begun.
absl::StatusOr<AuditPage> ReadAudit(postgres::Session& session, const std::string& state_schema,
                                    int64_t from_seq, int64_t since_ts,
                                    const std::string& operation_id, int page_size);

// For the statements that write operations: a data-modifying WITH query `op` that
// returns the row it wrote (RETURNING kAuditReturning), then this, which inserts the
// event. $first is the first of four parameters: method, peer, trace id, and
// the event's name.
extern const char kAuditReturning[];
std::string AuditInsert(int first);
// Those four.
void AddAuditParameters(const OperationRequest& request, std::string_view event,
                        postgres::Parameters* to);

}  // namespace stateserver::operations
