// SPDX-License-Identifier: Apache-2.0
//
// The server's metrics, in Prometheus' terms. docs/metrics.md lists the names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace stateserver::telemetry {

// StateGauges holds the size of one gateway's state and of its stored restore points.
struct StateGauges {
  int64_t snapshots = 0;
  int64_t environments = 0;
  int64_t expired_environments = 0;
  int64_t interval_rows = 0;
  int64_t schema_version = 0;
  int64_t restore_points = 0;
  int64_t restore_points_bytes = 0;
};

struct PoolGauges {
  int in_use = 0;
  int waiting = 0;
  int max = 0;
  // Totals since the pool was created.
  int64_t opened = 0;
  int64_t waits = 0;
  absl::Duration waited;
};

// Metrics holds all metrics of one server; it is passed by reference. Thread-safe.
class Metrics {
 public:
  Metrics(std::string_view version, std::string_view commit);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Initializes the counters of a method to 0 for the codes that alerts use. Prometheus does not
  // see the first increment of a series that begins with it.
  void ExpectMethod(std::string_view method);
  // Record the start and the end of a call. Every call is started once and handled once.
  void RpcStarted(std::string_view method);
  void RpcHandled(std::string_view method, std::string_view code, absl::Duration duration);

  // Record the progress of an operation ("export", "import", "migrate", "restore") in one of its
  // phases ("snapshots", "stage", "merge", …).
  void AddRows(std::string_view gateway, std::string_view operation, std::string_view phase,
               int64_t rows, int64_t bytes);
  void PhaseFinished(std::string_view gateway, std::string_view operation, std::string_view phase,
                     absl::Duration duration);
  void OperationSucceeded(std::string_view gateway, std::string_view operation,
                          absl::Time when = absl::Now());
  // Records how long an operation waited for the gateway's lock, whether or not it got the lock.
  void LockWaited(std::string_view gateway, absl::Duration duration);

  // Records the end of a StarRocks revision's statement: "done" or "failed".
  void SchemaStatement(std::string_view gateway, std::string_view step_class,
                       std::string_view outcome);
  // Records the end of a statement's job, "FINISHED" or "CANCELLED", and how long the server waited
  // for it.
  void SchemaJob(std::string_view gateway, std::string_view kind, std::string_view state,
                 absl::Duration waited);
  // Sets the number of statements in the journal that are neither done nor failed.
  void SetOpenStatements(std::string_view gateway, int64_t count);
  // Sets the number of objects that differ from the last revision, as found by the last check.
  void SetDrift(std::string_view gateway, int64_t objects);

  void SetPool(std::string_view gateway, const PoolGauges& pool);
  void SetState(std::string_view gateway, const StateGauges& state);
  void SetGatewayUp(std::string_view gateway, bool up);
  // Removes the gauges of a gateway that is no longer configured.
  void RemoveGateway(std::string_view gateway);

  // Counts an authentication. `method` is an auth::MethodName, or "header" if it is not known yet;
  // `outcome` is "accepted", "refused" or "throttled".
  void Authenticated(std::string_view method, std::string_view outcome);
  // Counts a call that the caller's role does not allow; `rpc` is a name such as
  // "StateService.Import".
  void AuthorizationRefused(std::string_view rpc);
  // Counts a request that exceeds a limit of rpc/request_limits.h: `why` is "too_large" or
  // "not_text".
  void RequestRefused(std::string_view method, std::string_view why);
  // Counts a refused change that the audit trail counts but does not describe.
  void RefusalNotRecorded(std::string_view gateway);
  // Counts an omitted log line about an unauthenticated caller.
  void LogLineLeftOut();
  // Counts a JSON Web Token that names a key which is not in the key set.
  void UnknownTokenKey();
  // Counts a read of the identity provider's key set and whether it succeeded.
  void KeySetFetched(bool ok);
  // Counts a reload. `source` is "tokens" or "jwks".
  void AuthReloaded(std::string_view source, bool ok);
  // Counts an export read from a standby ("replica") or, although a replica is configured, from the
  // primary: "stale" or "unreachable".
  void ReplicaRead(std::string_view gateway, std::string_view outcome);

  // Count a connection that the server closed or rejected, by reason: see
  // transport::CloseReasonName. ExpectClosed initializes a reason to 0, like ExpectMethod.
  void ExpectClosed(std::string_view reason);
  void ConnectionClosed(std::string_view reason);
  // Sets the number of connections to the gRPC listeners and its maximum.
  void SetConnections(int open, int max);

  void CertificateReloaded(bool ok);
  void SetCertificateExpiry(absl::Time expiry);
  // `issuer` is the authority whose list it is.
  void SetRevocationListExpiry(std::string_view issuer, absl::Time expiry);

  // Registers a hook that runs before every scrape to update gauges. It must be quick. Hooks live
  // as long as this object.
  void OnScrape(std::function<void()> hook);

  // Returns the exposition format, as served at /metrics.
  std::string Text() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stateserver::telemetry
