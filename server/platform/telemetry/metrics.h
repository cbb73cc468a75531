// SPDX-License-Identifier: Apache-2.0
//
// What the server counts and measures, in Prometheus' terms. docs/metrics.md
// lists the names.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace prometheus {
class Collectable;
}

namespace stateserver::telemetry {

// The size of one gateway's state, and of its restore points as they are stored.
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
  // Since the pool was made.
  int64_t opened = 0;
  int64_t waits = 0;
  absl::Duration waited;
};

// Thread-safe. One per server; passed by reference.
class Metrics {
 public:
  Metrics(std::string_view version, std::string_view commit);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // From now on a method's calls are counted from 0 for the codes that alerts look
  // at: Prometheus does not see the first step of a series that begins with it.
  void ExpectMethod(std::string_view method);
  // Every call is started once and handled once.
  void RpcStarted(std::string_view method);
  void RpcHandled(std::string_view method, std::string_view code, absl::Duration duration);

  // Work of one operation ("export", "import", "migrate", "restore") in one of
  // its phases ("snapshots", "stage", "merge", …), as it goes on.
  void AddRows(std::string_view gateway, std::string_view operation, std::string_view phase,
               int64_t rows, int64_t bytes);
  void PhaseFinished(std::string_view gateway, std::string_view operation, std::string_view phase,
                     absl::Duration duration);
  void OperationSucceeded(std::string_view gateway, std::string_view operation,
                          absl::Time when = absl::Now());
  // How long an operation waited for the gateway's lock, had or not.
  void LockWaited(std::string_view gateway, absl::Duration duration);

  // A statement of a StarRocks revision came to its end: "done" or "failed".
  void SchemaStatement(std::string_view gateway, std::string_view step_class,
                       std::string_view outcome);
  // The job of one: "FINISHED" or "CANCELLED", and how long it was waited for.
  void SchemaJob(std::string_view gateway, std::string_view kind, std::string_view state,
                 absl::Duration waited);
  // Statements in the journal that are neither done nor failed.
  void SetOpenStatements(std::string_view gateway, int64_t count);
  // Objects that differ from what the last revision left, as the last check saw.
  void SetDrift(std::string_view gateway, int64_t objects);

  void SetPool(std::string_view gateway, const PoolGauges& pool);
  void SetState(std::string_view gateway, const StateGauges& state);
  void SetGatewayUp(std::string_view gateway, bool up);
  // Forgets the gauges of a gateway that is no longer configured.
  void RemoveGateway(std::string_view gateway);

  // `method` as auth::MethodName, or "header" where it is not known yet; `outcome`
  // "accepted", "refused" or "throttled".
  void Authenticated(std::string_view method, std::string_view outcome);
  // A call of somebody whose role does not allow it; `rpc` as "StateService.Import".
  void AuthorizationRefused(std::string_view rpc);
  // A request that breaks a limit of rpc/request_limits.h: `why` is "too_large" or "not_text".
  void RequestRefused(std::string_view method, std::string_view why);
  // A refused change that the audit trail counts and does not describe.
  void RefusalNotRecorded(std::string_view gateway);
  // A line about a caller without an identity that was not written.
  void LogLineLeftOut();
  // A JSON Web Token that names a key which the key set does not hold.
  void UnknownTokenKey();
  // The key set of the identity provider was asked for, and was usable or not.
  void KeySetFetched(bool ok);
  // `source` is "tokens" or "jwks".
  void AuthReloaded(std::string_view source, bool ok);
  // An export read from a standby ("replica"), or, with a replica configured, from
  // the primary after all, and why: "stale", "unreachable".
  void ReplicaRead(std::string_view gateway, std::string_view outcome);

  // A connection that the server closed, or did not let in, and why: see
  // transport::CloseReasonName. ExpectClosed counts a reason from 0, as ExpectMethod.
  void ExpectClosed(std::string_view reason);
  void ConnectionClosed(std::string_view reason);
  // Connections to the gRPC listeners: those there are, and how many there may be.
  void SetConnections(int open, int max);

  void CertificateReloaded(bool ok);
  void SetCertificateExpiry(absl::Time expiry);

  // `hook` runs before every scrape, to bring gauges up to date; it must be
  // quick. Hooks live as long as this object.
  void OnScrape(std::function<void()> hook);

  // The exposition format, as a scrape of /metrics gets it.
  std::string Text() const;

  // What an exposer serves; runs the hooks.
  std::shared_ptr<prometheus::Collectable> collectable() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace stateserver::telemetry
