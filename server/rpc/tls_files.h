// The certificate files of the server.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/telemetry/logger.h"
#include "server/telemetry/metrics.h"
#include "server/telemetry/periodic_task.h"

namespace stateserver::rpc {

// Paths of PEM files.
struct TlsFiles {
  std::string cert;
  std::string key;
  // Set: clients must show a certificate that one of these signed.
  std::string client_ca;
};

// When the server's certificate ends. ARGUMENT_INVALID names the file that
// cannot be read or parsed, or says that key and certificate are no pair.
absl::StatusOr<absl::Time> CheckTlsFiles(const TlsFiles& files);

// Looks every second whether the files changed and says in log and metrics
// whether the new ones are good. The gRPC library reads them itself.
class TlsWatch {
 public:
  TlsWatch(TlsFiles files, telemetry::Metrics& metrics, telemetry::Logger& logger,
           absl::Duration interval = absl::Seconds(1));

 private:
  void Look();

  const TlsFiles files_;
  telemetry::Metrics& metrics_;
  telemetry::Logger& logger_;
  std::string contents_;
  telemetry::PeriodicTask task_;  // last: its thread uses the others
};

}  // namespace stateserver::rpc
