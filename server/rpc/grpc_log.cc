// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/grpc_log.h"

#include <unistd.h>

#include <string>

#include "grpc/support/log.h"

namespace stateserver::rpc {
namespace {

// The library takes a plain function, so there is one for each format rather
// than a logger in a global variable.
template <telemetry::LogFormat format>
void Write(gpr_log_func_args* args) {
  auto level = args->severity == GPR_LOG_SEVERITY_ERROR ? telemetry::LogLevel::kWarning
                                                        : telemetry::LogLevel::kInfo;
  std::string line = telemetry::FormatLogLine(format, level, args->message,
                                              {{"component", "grpc"}, {"file", args->file}});
  line.push_back('\n');
  // One write, so that lines of several threads do not mix.
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void RouteGrpcLog(telemetry::LogFormat format) {
  gpr_set_log_function(format == telemetry::LogFormat::kJson ? Write<telemetry::LogFormat::kJson>
                                                             : Write<telemetry::LogFormat::kText>);
}

}  // namespace stateserver::rpc
