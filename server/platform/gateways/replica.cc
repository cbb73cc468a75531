// SPDX-License-Identifier: Apache-2.0

#include "server/platform/gateways/replica.h"

#include <algorithm>
#include <optional>

#include "common/error.h"
#include "common/time.h"

namespace stateserver::gateways {
namespace {

// Maximum time for the comparison.
constexpr absl::Duration kLimit = absl::Seconds(3);

CallContext Briefly(const CallContext& call) {
  CallContext brief = call;
  brief.deadline = std::min(call.deadline, SteadyNow() + kLimit);
  return brief;
}

// Returns how far the primary has written, or nullopt if it does not respond.
std::optional<std::string> PrimaryPosition(const Gateway& gateway, const CallContext& call) {
  auto session = gateway.pool->Acquire(Briefly(call));
  if (!session.ok()) return std::nullopt;
  auto rows = (*session)->Query("SELECT pg_current_wal_lsn()");
  if (!rows.ok()) return std::nullopt;
  return std::string(rows->Text(0, 0));
}

absl::StatusOr<bool> IsFresh(const Gateway& gateway, postgres::Session& replica,
                             const std::optional<std::string>& primary) {
  ASSIGN_OR_RETURN(
      postgres::Result rows,
      replica.Query("SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn,"
                    " false), coalesce((extract(epoch FROM clock_timestamp() -"
                    " pg_last_xact_replay_timestamp()) * 1000)::bigint, -1)",
                    {primary}));
  if (!rows.Bool(0, 0)) return false;
  if (rows.Bool(0, 1)) return true;
  int64_t age_ms = rows.Int(0, 2);
  return age_ms >= 0 && absl::Milliseconds(age_ms) <= gateway.max_staleness;
}

}  // namespace

absl::StatusOr<ReadSession> AcquireForExport(const Gateway& gateway, const CallContext& call) {
  ReadSession out;
  if (gateway.replica_pool != nullptr) {
    out.outcome = "unreachable";
    std::optional<std::string> primary = PrimaryPosition(gateway, call);
    auto replica = gateway.replica_pool->Acquire(Briefly(call));
    if (replica.ok()) {
      auto fresh = IsFresh(gateway, **replica, primary);
      if (fresh.ok()) out.outcome = *fresh ? "replica" : "stale";
    }
  }
  const auto& pool = out.outcome == "replica" ? gateway.replica_pool : gateway.pool;
  ASSIGN_OR_RETURN(out.session, pool->Acquire(call));
  return out;
}

}  // namespace stateserver::gateways
