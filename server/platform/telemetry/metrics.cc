// SPDX-License-Identifier: Apache-2.0

#include "server/platform/telemetry/metrics.h"

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "server/platform/telemetry/process_metrics.h"

namespace stateserver::telemetry {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Registry;

// MetricsFamilies holds all metric families of the server in one registry. Thread-safe, except for
// gauges of a gateway that is being removed, which `gateway_mutex` guards.
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
  Gauges& revocation_list_expiry;

  // Gauges with only the label "gateway".
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

auto& Counter(Registry& registry, const std::string& name, const std::string& help) {
  return BuildCounter().Name("stateserver_" + name).Help(help).Register(registry);
}

auto& Gauge(Registry& registry, const std::string& name, const std::string& help) {
  return BuildGauge().Name("stateserver_" + name).Help(help).Register(registry);
}

auto& Histogram(Registry& registry, const std::string& name, const std::string& help) {
  return BuildHistogram().Name("stateserver_" + name).Help(help).Register(registry);
}

using Buckets = prometheus::Histogram::BucketBoundaries;

// Unary reads take a millisecond, exports of a large state take minutes.
const Buckets& DurationBuckets() {
  static const Buckets buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                  1,     2.5,    5,     10,   30,    60,   300, 900};
  return buckets;
}

prometheus::Labels Gateway(std::string_view gateway) { return {{"gateway", std::string(gateway)}}; }

prometheus::Labels Method(std::string_view method) { return {{"method", std::string(method)}}; }

prometheus::Labels Phase(std::string_view gateway, std::string_view operation,
                         std::string_view phase) {
  return {{"gateway", std::string(gateway)},
          {"operation", std::string(operation)},
          {"phase", std::string(phase)}};
}

// Members are initialized in the order of their declaration: `registry` first.
MetricsFamilies::MetricsFamilies()
    : rpc_started(Counter(registry, "rpc_started_total", "Calls started, by method.")),
      rpc_handled(
          Counter(registry, "rpc_handled_total", "Calls ended, by method and status code.")),
      rpc_in_flight(Gauge(registry, "rpc_in_flight_calls", "Running calls, by method.")),
      rpc_duration(Histogram(registry, "rpc_duration_seconds", "Duration of calls, by method.")),
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
                                "Time spent waiting for such jobs, by gateway and kind.")),
      build_info(
          Gauge(registry, "build_info", "Always 1, labelled with the running version and commit.")),
      authentications(Counter(registry, "authentications_total",
                              "Calls by the way the caller was authenticated, and by outcome.")),
      authorizations_refused(Counter(registry, "authorizations_refused_total",
                                     "Calls refused for a missing role, by method.")),
      requests_refused(Counter(registry, "requests_refused_total",
                               "Requests over a limit of a field, by method and reason.")),
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
                            "Maximum number of connections that the configuration and the limit on "
                            "open files allow.")),
      certificate_reloads(Counter(registry, "tls_certificate_reloads_total",
                                  "Reloads of changed certificate files, by result.")),
      certificate_expiry(Gauge(registry, "tls_certificate_expiry_timestamp_seconds",
                               "When the server's certificate expires, in unix time.")),
      revocation_list_expiry(Gauge(registry, "tls_revocation_list_expiry_timestamp_seconds",
                                   "When the revocation list of an authority expires, in unix "
                                   "time; 0 without a list.")),
      gateway_up(Gauge(registry, "gateway_up", "1 while the gateway's database answers, else 0.")),
      pool_in_use(
          Gauge(registry, "pool_connections_in_use", "Connections of the gateway's pool in use.")),
      pool_waiting(Gauge(registry, "pool_waiting_calls",
                         "Calls waiting for a connection of the gateway's pool.")),
      pool_max(Gauge(registry, "pool_max_connections",
                     "Maximum number of connections the gateway's pool may open.")),
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
                                   "Objects changed outside the revisions, at the last check.")) {}

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

}  // namespace

class Metrics::Impl {
 public:
  std::vector<prometheus::MetricFamily> Collect() const {
    std::vector<std::function<void()>> hooks;
    {
      std::lock_guard lock(hooks_mutex);
      hooks = scrape_hooks;
    }
    for (const auto& hook : hooks) hook();
    std::vector<prometheus::MetricFamily> all = families.registry.Collect();
    for (prometheus::MetricFamily& family : ReadProcessMetrics()) all.push_back(std::move(family));
    return all;
  }

  void Set(MetricsFamilies::Gauges& family, std::string_view gateway, double value) {
    family.Add(Gateway(gateway)).Set(value);
  }

  // Raises a counter to an externally counted value. A value that has been reset adds nothing.
  void Raise(MetricsFamilies::Counters& family, std::string_view gateway, double value) {
    prometheus::Counter& counter = family.Add(Gateway(gateway));
    if (value > counter.Value()) counter.Increment(value - counter.Value());
  }

  MetricsFamilies families;
  mutable std::mutex hooks_mutex;
  std::vector<std::function<void()>> scrape_hooks;
};

Metrics::Metrics(std::string_view version, std::string_view commit)
    : impl_(std::make_shared<Impl>()) {
  impl_->families.build_info
      .Add({{"version", std::string(version)}, {"commit", std::string(commit)}})
      .Set(1);
  // Starts at 0, as in ExpectMethod().
  impl_->families.log_lines_left_out.Add({});
  impl_->families.unknown_token_keys.Add({});
  for (const char* result : {"success", "failure"}) {
    impl_->families.certificate_reloads.Add({{"result", result}});
    impl_->families.key_set_fetches.Add({{"result", result}});
    for (const char* source : {"tokens", "jwks"}) {
      impl_->families.auth_reloads.Add({{"source", source}, {"result", result}});
    }
  }
}

Metrics::~Metrics() = default;

void Metrics::ExpectMethod(std::string_view method) {
  for (const char* code :
       {"OK", "INTERNAL", "UNKNOWN", "DATA_LOSS", "UNAVAILABLE", "RESOURCE_EXHAUSTED"}) {
    impl_->families.rpc_handled.Add({{"method", std::string(method)}, {"code", code}});
  }
  for (const char* why : {"too_large", "not_text"}) {
    impl_->families.requests_refused.Add({{"method", std::string(method)}, {"why", why}});
  }
}

void Metrics::RpcStarted(std::string_view method) {
  impl_->families.rpc_started.Add(Method(method)).Increment();
  impl_->families.rpc_in_flight.Add(Method(method)).Increment();
}

void Metrics::RpcHandled(std::string_view method, std::string_view code, absl::Duration duration) {
  impl_->families.rpc_handled.Add({{"method", std::string(method)}, {"code", std::string(code)}})
      .Increment();
  impl_->families.rpc_in_flight.Add(Method(method)).Decrement();
  impl_->families.rpc_duration.Add(Method(method), DurationBuckets())
      .Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::AddRows(std::string_view gateway, std::string_view operation, std::string_view phase,
                      int64_t rows, int64_t bytes) {
  prometheus::Labels labels = Phase(gateway, operation, phase);
  impl_->families.transfer_rows.Add(labels).Increment(static_cast<double>(rows));
  impl_->families.transfer_bytes.Add(labels).Increment(static_cast<double>(bytes));
}

void Metrics::PhaseFinished(std::string_view gateway, std::string_view operation,
                            std::string_view phase, absl::Duration duration) {
  impl_->families.phase_duration.Add(Phase(gateway, operation, phase), DurationBuckets())
      .Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::OperationSucceeded(std::string_view gateway, std::string_view operation,
                                 absl::Time when) {
  impl_->families.last_success
      .Add({{"gateway", std::string(gateway)}, {"operation", std::string(operation)}})
      .Set(absl::ToDoubleSeconds(when - absl::UnixEpoch()));
}

void Metrics::LockWaited(std::string_view gateway, absl::Duration duration) {
  impl_->families.lock_wait.Add(Gateway(gateway), DurationBuckets())
      .Observe(absl::ToDoubleSeconds(duration));
}

void Metrics::SchemaStatement(std::string_view gateway, std::string_view step_class,
                              std::string_view outcome) {
  impl_->families.schema_statements
      .Add({{"gateway", std::string(gateway)},
            {"class", std::string(step_class)},
            {"outcome", std::string(outcome)}})
      .Increment();
}

void Metrics::SchemaJob(std::string_view gateway, std::string_view kind, std::string_view state,
                        absl::Duration waited) {
  prometheus::Labels labels = {{"gateway", std::string(gateway)}, {"kind", std::string(kind)}};
  impl_->families.schema_job_wait.Add(labels, DurationBuckets())
      .Observe(absl::ToDoubleSeconds(waited));
  labels["state"] = std::string(state);
  impl_->families.schema_jobs.Add(labels).Increment();
}

void Metrics::SetOpenStatements(std::string_view gateway, int64_t count) {
  std::lock_guard lock(impl_->families.gateway_mutex);
  impl_->Set(impl_->families.schema_open_statements, gateway, static_cast<double>(count));
}

void Metrics::SetDrift(std::string_view gateway, int64_t objects) {
  std::lock_guard lock(impl_->families.gateway_mutex);
  impl_->Set(impl_->families.schema_drifted_objects, gateway, static_cast<double>(objects));
}

void Metrics::SetPool(std::string_view gateway, const PoolGauges& pool) {
  std::lock_guard lock(impl_->families.gateway_mutex);
  impl_->Set(impl_->families.pool_in_use, gateway, pool.in_use);
  impl_->Set(impl_->families.pool_waiting, gateway, pool.waiting);
  impl_->Set(impl_->families.pool_max, gateway, pool.max);
  // Starts at 0, as in ExpectMethod().
  impl_->families.refusals_not_recorded.Add(Gateway(gateway));
  impl_->Raise(impl_->families.pool_opened, gateway, static_cast<double>(pool.opened));
  impl_->Raise(impl_->families.pool_waits, gateway, static_cast<double>(pool.waits));
  impl_->Raise(impl_->families.pool_waited, gateway, absl::ToDoubleSeconds(pool.waited));
}

void Metrics::SetState(std::string_view gateway, const StateGauges& state) {
  MetricsFamilies& families = impl_->families;
  std::lock_guard lock(families.gateway_mutex);
  impl_->Set(families.state_snapshots, gateway, static_cast<double>(state.snapshots));
  impl_->Set(families.state_environments, gateway, static_cast<double>(state.environments));
  impl_->Set(families.state_expired_environments, gateway,
             static_cast<double>(state.expired_environments));
  impl_->Set(families.state_interval_rows, gateway, static_cast<double>(state.interval_rows));
  impl_->Set(families.state_schema_version, gateway, static_cast<double>(state.schema_version));
  impl_->Set(families.restore_points, gateway, static_cast<double>(state.restore_points));
  impl_->Set(families.restore_points_bytes, gateway,
             static_cast<double>(state.restore_points_bytes));
}

void Metrics::SetGatewayUp(std::string_view gateway, bool up) {
  std::lock_guard lock(impl_->families.gateway_mutex);
  impl_->Set(impl_->families.gateway_up, gateway, up ? 1 : 0);
}

void Metrics::RemoveGateway(std::string_view gateway) {
  std::lock_guard lock(impl_->families.gateway_mutex);
  for (MetricsFamilies::Gauges* family : impl_->families.PerGateway()) {
    // Add() returns the existing series.
    family->Remove(&family->Add(Gateway(gateway)));
  }
  // Its counters would start over.
  MetricsFamilies& all = impl_->families;
  for (MetricsFamilies::Counters* family :
       {&all.pool_opened, &all.pool_waits, &all.pool_waited, &all.refusals_not_recorded}) {
    family->Remove(&family->Add(Gateway(gateway)));
  }
}

void Metrics::Authenticated(std::string_view method, std::string_view outcome) {
  impl_->families.authentications
      .Add({{"method", std::string(method)}, {"outcome", std::string(outcome)}})
      .Increment();
}

void Metrics::AuthorizationRefused(std::string_view rpc) {
  impl_->families.authorizations_refused.Add(Method(rpc.substr(rpc.find('.') + 1))).Increment();
}

void Metrics::RequestRefused(std::string_view method, std::string_view why) {
  prometheus::Labels labels = Method(method);
  labels["why"] = std::string(why);
  impl_->families.requests_refused.Add(labels).Increment();
}

void Metrics::RefusalNotRecorded(std::string_view gateway) {
  impl_->families.refusals_not_recorded.Add(Gateway(gateway)).Increment();
}

void Metrics::LogLineLeftOut() { impl_->families.log_lines_left_out.Add({}).Increment(); }

void Metrics::UnknownTokenKey() { impl_->families.unknown_token_keys.Add({}).Increment(); }

void Metrics::KeySetFetched(bool ok) {
  impl_->families.key_set_fetches.Add({{"result", ok ? "success" : "failure"}}).Increment();
}

void Metrics::AuthReloaded(std::string_view source, bool ok) {
  impl_->families.auth_reloads
      .Add({{"source", std::string(source)}, {"result", ok ? "success" : "failure"}})
      .Increment();
}

void Metrics::ReplicaRead(std::string_view gateway, std::string_view outcome) {
  impl_->families.replica_reads
      .Add({{"gateway", std::string(gateway)}, {"outcome", std::string(outcome)}})
      .Increment();
}

void Metrics::ExpectClosed(std::string_view reason) {
  impl_->families.connections_closed.Add({{"reason", std::string(reason)}});
}

void Metrics::ConnectionClosed(std::string_view reason) {
  impl_->families.connections_closed.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::SetConnections(int open, int max) {
  impl_->families.connections_open.Add({}).Set(open);
  impl_->families.connections_max.Add({}).Set(max);
}

void Metrics::CertificateReloaded(bool ok) {
  impl_->families.certificate_reloads.Add({{"result", ok ? "success" : "failure"}}).Increment();
}

void Metrics::SetCertificateExpiry(absl::Time expiry) {
  impl_->families.certificate_expiry.Add({}).Set(absl::ToDoubleSeconds(expiry - absl::UnixEpoch()));
}

void Metrics::SetRevocationListExpiry(std::string_view issuer, absl::Time expiry) {
  impl_->families.revocation_list_expiry.Add({{"issuer", std::string(issuer)}})
      .Set(absl::ToDoubleSeconds(expiry - absl::UnixEpoch()));
}

void Metrics::OnScrape(std::function<void()> hook) {
  std::lock_guard lock(impl_->hooks_mutex);
  impl_->scrape_hooks.push_back(std::move(hook));
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(impl_->Collect());
}

}  // namespace stateserver::telemetry
