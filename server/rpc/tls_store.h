// The certificates in use, kept fresh.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/rpc/tls_files.h"
#include "server/telemetry/logger.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/periodic_task.h"

namespace stateserver::rpc {

// Looks every second whether the files changed. New ones are checked before
// they are used, so files that are broken or replaced one after the other leave
// the server with those it has. Log and metrics tell both. Thread-safe.
class TlsStore {
 public:
  // Reads and checks the files once.
  static absl::StatusOr<std::unique_ptr<TlsStore>> Open(const TlsFiles& files,
                                                        telemetry::Metrics& metrics,
                                                        telemetry::Logger& logger,
                                                        absl::Duration interval = absl::Seconds(1));
  ~TlsStore();
  TlsStore(const TlsStore&) = delete;
  TlsStore& operator=(const TlsStore&) = delete;

  // What the gRPC library is to watch: files in memory with checked contents.
  TlsFiles checked() const;

  // Reads from these paths from now on. An error leaves all as it was. Whether
  // there is a client_ca at all must not change.
  absl::Status SetFiles(const TlsFiles& files);

 private:
  class MemoryFile;

  TlsStore(telemetry::Metrics& metrics, telemetry::Logger& logger);
  absl::Status Take(const TlsFiles& files);
  void Look();
  void Refuse(const absl::Status& status);

  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  std::unique_ptr<MemoryFile> cert_;
  std::unique_ptr<MemoryFile> key_;
  std::unique_ptr<MemoryFile> client_ca_;

  std::mutex mutex_;
  TlsFiles files_;
  TlsContents contents_;
  // The error said last, so that it is said once.
  std::string refused_;
  std::unique_ptr<telemetry::PeriodicTask> task_;  // last: its thread uses the others
};

}  // namespace stateserver::rpc
