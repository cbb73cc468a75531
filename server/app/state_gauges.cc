// SPDX-License-Identifier: Apache-2.0

#include "server/app/state_gauges.h"

#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "common/error.h"
#include "server/sqlmesh/restore_points/restore_points.h"
#include "server/sqlmesh/store/layout.h"
#include "server/sqlmesh/store/versions.h"

namespace stateserver::app {
namespace {

std::string CountsSql(const std::string& schema) {
  auto count = [&schema](const std::string& table) {
    return "(SELECT count(*) FROM " + store::Qualified(schema, table);
  };
  return "SELECT " + count("_snapshots") + "), " + count("_environments") + "), " +
         count("_environments") + " WHERE expiration_ts <= $1::bigint), " + count("_intervals") +
         ")";
}

}  // namespace

absl::StatusOr<telemetry::StateGauges> ReadStateGauges(const gateways::Gateway& gateway,
                                                       const CallContext& call) {
  telemetry::StateGauges gauges;
  ASSIGN_OR_RETURN(auto session, gateway.monitor_pool->Acquire(call));
  ASSIGN_OR_RETURN(auto points, restore_points::ListRestorePoints(*session, gateway.state_schema));
  gauges.restore_points = static_cast<int64_t>(points.size());
  for (const auto& point : points) gauges.restore_points_bytes += point.stored_bytes;
  ASSIGN_OR_RETURN(std::optional<store::Versions> versions,
                   store::ReadVersions(*session, gateway.state_schema));
  if (!versions.has_value()) return gauges;
  ASSIGN_OR_RETURN(postgres::Result counts,
                   session->QueryPrepared(CountsSql(gateway.state_schema),
                                          {std::to_string(absl::ToUnixMillis(absl::Now()))}));
  gauges.schema_version = versions->schema_version;
  gauges.snapshots = counts.Int(0, 0);
  gauges.environments = counts.Int(0, 1);
  gauges.expired_environments = counts.Int(0, 2);
  gauges.interval_rows = counts.Int(0, 3);
  return gauges;
}

}  // namespace stateserver::app
