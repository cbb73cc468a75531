// SPDX-License-Identifier: Apache-2.0
//
// All metric families of the server, in one registry.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace stateserver::telemetry {

// One registry and the families in it. Thread-safe but for gauges of a gateway
// that is being removed: those are guarded by `gateway_mutex`.
struct MetricsFamilies {
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  MetricsFamilies();

  prometheus::Registry registry;

  Counters& rpc_started;
  Counters& rpc_handled;
  Gauges& rpc_in_flight;
  Histograms& rpc_duration;

  Counters& transfer_rows;
  Counters& transfer_bytes;
  Histograms& phase_duration;
  Gauges& last_success;
  Histograms& lock_wait;

  Counters& schema_statements;
  Counters& schema_jobs;
  Histograms& schema_job_wait;

  Gauges& build_info;
  Counters& authentications;
  Counters& authorizations_refused;
  Counters& requests_refused;
  Counters& refusals_not_recorded;
  Counters& log_lines_left_out;
  Counters& unknown_token_keys;
  Counters& key_set_fetches;
  Counters& auth_reloads;
  Counters& replica_reads;
  Counters& pool_opened;
  Counters& pool_waits;
  Counters& pool_waited;

  Counters& connections_closed;
  Gauges& connections_open;
  Gauges& connections_max;

  Counters& certificate_reloads;
  Gauges& certificate_expiry;

  // Gauges with the one label "gateway".
  std::mutex gateway_mutex;
  Gauges& gateway_up;
  Gauges& pool_in_use;
  Gauges& pool_waiting;
  Gauges& pool_max;
  Gauges& state_snapshots;
  Gauges& state_environments;
  Gauges& state_expired_environments;
  Gauges& state_interval_rows;
  Gauges& state_schema_version;
  Gauges& restore_points;
  Gauges& restore_points_bytes;
  Gauges& schema_open_statements;
  Gauges& schema_drifted_objects;

  std::vector<Gauges*> PerGateway();
};

}  // namespace stateserver::telemetry
