// SPDX-License-Identifier: Apache-2.0
//
// The certificates in use, kept fresh.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/platform/telemetry/logger.h"
#include "server/platform/telemetry/metrics.h"
#include "server/platform/telemetry/periodic_task.h"
#include "server/rpc/transport/tls_context.h"
#include "server/rpc/transport/tls_files.h"

namespace stateserver::transport {

// Looks every second whether the files changed. New ones are checked before
// they are used, so files that are broken or replaced one after the other leave
// the server with those it has. Log and metrics tell both. Thread-safe.
class TlsStore {
 public:
  // Reads and checks the files once.
  static absl::StatusOr<std::unique_ptr<TlsStore>> Open(const TlsFiles& files,
                                                        ClientCertificates clients,
                                                        telemetry::Metrics& metrics,
                                                        telemetry::Logger& logger,
                                                        absl::Duration interval = absl::Seconds(1));
  TlsStore(const TlsStore&) = delete;
  TlsStore& operator=(const TlsStore&) = delete;

  // For the next handshake.
  TlsContextPtr context() const;

  // Reads from these paths from now on. An error leaves all as it was. Whether
  // there is a client_ca at all must not change.
  absl::Status SetFiles(const TlsFiles& files);

 private:
  TlsStore(ClientCertificates clients, telemetry::Metrics& metrics, telemetry::Logger& logger)
      : clients_(clients), metrics_(metrics), logger_(logger) {}
  absl::Status Take(const TlsFiles& files);
  void Look();
  void Refuse(const absl::Status& status);

  const ClientCertificates clients_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;

  mutable std::mutex mutex_;
  TlsContextPtr context_;
  TlsFiles files_;
  TlsContents contents_;
  // The error said last, so that it is said once.
  std::string refused_;
  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::transport
