// SPDX-License-Identifier: Apache-2.0
//
// The audit trail: an ordered, append-only record of every call that changes something. A row in
// `operations` describes only the last run of an operation; the audit trail describes all runs.
// Each event is written in the transaction it belongs to: the begin with the `running` row, success
// with the change itself. macro_run.h describes events about code that a state contains.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/operations/log.h"
#include "server/platform/postgres/session.h"

namespace stateserver::operations {

struct AuditEvent {
  // Increases with time within a gateway's database. Gaps have no meaning.
  int64_t seq = 0;
  int64_t at_ts = 0;
  // "began", "succeeded", "failed", "refused" or "cancel_requested".
  std::string event;
  std::string operation_id;
  std::string kind;
  std::string gateway;
  std::string principal;
  // How the principal was authenticated: "token", "jwt", "certificate", "unix_socket" or "nobody".
  std::string method;
  std::string peer;
  std::string trace_id;
  std::string arguments_json;
  // The result of a successful operation, as JSON.
  std::string details_json;
  std::string error;
  std::string error_reason;
};

struct AuditPage {
  // Oldest first.
  std::vector<AuditEvent> events;
  // Empty on the last page.
  std::string next_page_token;
};

struct AuditFilter {
  // Only events that are not older.
  int64_t since_ts = 0;
  // Only events of this operation; empty: of all.
  std::string operation_id;
};

// Returns a page of the events. `page_size` is at most 1,000; 0 means 100. A page also ends after
// about 1 MiB of text. Long texts are truncated. Returns no events if no trail exists. Returns
// ARGUMENT_INVALID for a negative size, an invalid token, and an id that is not a UUID.
absl::StatusOr<AuditPage> ReadAudit(postgres::Session& session, const std::string& state_schema,
                                    const AuditFilter& filter, int page_size,
                                    const std::string& page_token);

// Returns the token of the page that begins with `first`.
std::string PageTokenAt(const AuditEvent& first);

// SQL for the statements that write operations. A statement consists of a data-modifying WITH query
// `op` that returns the row it wrote (RETURNING kAuditReturning), followed by AuditInsert, which
// inserts the event. $first is the first of four parameters: method, peer, trace id, and the
// event's name.
extern const char kAuditReturning[];
std::string AuditInsert(int first);
// Appends these four parameters.
void AddAuditParameters(const OperationRequest& request, std::string_view event,
                        postgres::Parameters* to);

}  // namespace stateserver::operations
