// SPDX-License-Identifier: Apache-2.0
//
// Messages about the configuration.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/config/config.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"

namespace stateserver::app {

// Returns "dev, prod (default)", or "none".
std::string GatewayNames(const gateways::GatewayRegistry& gateways);

// Returns the fields error, hint and reason.
telemetry::Fields ErrorFields(const absl::Status& status);

// Returns the message and, on its own line, the hint, for a terminal.
std::string ErrorText(const absl::Status& status);

// Logs one line for accepted keys without effect, one for each setting that exposes the server, and
// one for each gateway whose state this server cannot serve.
void LogRemarks(const config::Config& config, telemetry::Logger& logger);

// Logs one line for the changed keys that need a restart.
void LogNeedsRestart(const config::Config& before, const config::Config& after,
                     telemetry::Logger& logger);

}  // namespace stateserver::app
