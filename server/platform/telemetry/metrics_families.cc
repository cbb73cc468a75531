// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/metrics_families.h"

namespace stateserver::telemetry {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;

auto& Counter(Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name("stateserver_" + name).Help(help).Register(registry);
}

auto& Gauge(Registry& registry, const std::string& name, const std::string& help) {
  return BuildGauge().Name("stateserver_" + name).Help(help).Register(registry);
}

auto& Histogram(Registry& registry, const std::string& name, const std::string& help) {
  return BuildHistogram().Name("stateserver_" + name).Help(help).Register(registry);
}

}  // namespace

// Members are initialised in the order of their declaration: `registry` first.
MetricsFamilies::MetricsFamilies()
    : rpc_started(Counter(registry, "rpc_started_total", "Calls begun, by method.")),
      rpc_handled(
          Counter(registry, "rpc_handled_total", "Calls ended, by method and status code.")),
      rpc_in_flight(Gauge(registry, "rpc_in_flight_calls", "Calls at work now, by method.")),
      rpc_duration(Histogram(registry, "rpc_duration_seconds",
                             "Time from a call's begin to its end, by method.")),
      transfer_rows(Counter(registry, "transfer_rows_total",
                            "Rows or records moved by an operation, by gateway and phase.")),
      transfer_bytes(Counter(registry, "transfer_bytes_total",
                             "Bytes moved by an operation, by gateway and phase.")),
      phase_duration(Histogram(registry, "operation_phase_duration_seconds",
                               "Time an operation spent in a phase, by gateway.")),
      last_success(Gauge(registry, "operation_last_success_timestamp_seconds",
                         "When an operation last succeeded, in unix time, by gateway.")),
      lock_wait(Histogram(registry, "lock_wait_seconds",
                          "Time operations waited for the gateway's lock.")),
      schema_statements(Counter(registry, "schema_statements_total",
                                "Statements of StarRocks revisions, by gateway, class, outcome.")),
      schema_jobs(Counter(registry, "schema_jobs_total",
                          "Jobs of such statements, by gateway, kind and last state.")),
      schema_job_wait(Histogram(registry, "schema_job_wait_seconds",
                                "Time such jobs were waited for, by gateway and kind.")),
      build_info(Gauge(registry, "build_info", "1, with the version and commit that run.")),
      authentications(Counter(registry, "authentications_total",
                              "Calls by how their caller was known, and the outcome.")),
      authorizations_refused(Counter(registry, "authorizations_refused_total",
                                     "Calls refused for a missing role, by method.")),
      requests_refused(Counter(registry, "requests_refused_total",
                               "Requests over a limit of a field, by method and why.")),
      refusals_not_recorded(
          Counter(registry, "refusals_not_recorded_total",
                  "Refused changes that the audit trail counts only, by gateway.")),
      log_lines_left_out(Counter(registry, "log_lines_left_out_total",
                                 "Log lines about unknown callers that were not written.")),
      unknown_token_keys(Counter(registry, "jwt_unknown_keys_total",
                                 "JSON Web Tokens whose key the key set does not hold.")),
      key_set_fetches(Counter(registry, "jwks_fetches_total",
                              "Reads of the identity provider's key set, by result.")),
      auth_reloads(Counter(registry, "auth_reloads_total",
                           "Reloads of changed token files and key sets, by source and result.")),
      replica_reads(Counter(registry, "replica_reads_total",
                            "Exports of gateways with a read replica, by where they were read.")),
      pool_opened(Counter(registry, "pool_connections_opened_total",
                          "Connections the gateway's pool has opened.")),
      pool_waits(Counter(registry, "pool_waits_total",
                         "Calls that had to wait for a connection of the gateway's pool.")),
      pool_waited(Counter(registry, "pool_wait_seconds_total",
                          "Time calls waited for a connection of the gateway's pool.")),
      connections_closed(Counter(registry, "connections_closed_total",
                                 "Connections that the server closed, or refused, by reason.")),
      connections_open(Gauge(registry, "connections_open", "Connections to the gRPC listeners.")),
      connections_max(Gauge(registry, "connections_max",
                            "Most connections, as configuration and open files allow.")),
      certificate_reloads(Counter(registry, "tls_certificate_reloads_total",
                                  "Reloads of changed certificate files, by result.")),
      certificate_expiry(Gauge(registry, "tls_certificate_expiry_timestamp_seconds",
                               "When the server's certificate ends, in unix time.")),
      gateway_up(Gauge(registry, "gateway_up", "1 while the gateway's database answers, else 0.")),
      pool_in_use(
          Gauge(registry, "pool_connections_in_use", "Connections of the gateway's pool on loan.")),
      pool_waiting(Gauge(registry, "pool_waiting_calls",
                         "Calls waiting for a connection of the gateway's pool.")),
      pool_max(
          Gauge(registry, "pool_max_connections", "Most connections the gateway's pool may open.")),
      state_snapshots(Gauge(registry, "state_snapshots", "Snapshots in the gateway's state.")),
      state_environments(
          Gauge(registry, "state_environments", "Environments in the gateway's state.")),
      state_expired_environments(
          Gauge(registry, "state_expired_environments", "Environments past their expiration.")),
      state_interval_rows(
          Gauge(registry, "state_interval_rows", "Rows of the gateway's _intervals table.")),
      state_schema_version(
          Gauge(registry, "state_schema_version", "Schema version of the gateway's state tables.")),
      restore_points(Gauge(registry, "restore_points", "Restore points the gateway keeps.")),
      restore_points_bytes(
          Gauge(registry, "restore_points_bytes", "Stored size of the restore points.")),
      schema_open_statements(Gauge(registry, "schema_open_statements",
                                   "Statements in the journal that are neither done nor failed.")),
      schema_drifted_objects(Gauge(registry, "schema_drifted_objects",
                                   "Objects changed beside the revisions, at the last check.")) {}

std::vector<MetricsFamilies::Gauges*> MetricsFamilies::PerGateway() {
  return {&gateway_up,
          &pool_in_use,
          &pool_waiting,
          &pool_max,
          &state_snapshots,
          &state_environments,
          &state_expired_environments,
          &state_interval_rows,
          &state_schema_version,
          &restore_points,
          &restore_points_bytes,
          &schema_open_statements,
          &schema_drifted_objects};
}

}  // namespace stateserver::telemetry
