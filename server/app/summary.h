// SPDX-License-Identifier: Apache-2.0
//
// What the server says about its configuration.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "server/platform/config/config.h"
#include "server/platform/gateways/gateway.h"
#include "server/platform/telemetry/logger.h"

namespace stateserver::app {

// "dev, prod (default)"; "none".
std::string GatewayNames(const gateways::GatewayRegistry& gateways);

// HOST:PORT with `port` in the place of its own.
std::string WithPort(const std::string& address, int port);

// The fields error, hint and reason.
telemetry::Fields ErrorFields(const absl::Status& status);

// For people on a terminal: the sentence and, on a line of its own, the hint.
std::string ErrorText(const absl::Status& status);

// One line for accepted keys that have no effect, one for each gateway whose
// state this server cannot serve.
void LogRemarks(const config::Config& config, telemetry::Logger& logger);

// One line for the keys that only a restart changes.
void LogNeedsRestart(const config::Config& before, const config::Config& after,
                     telemetry::Logger& logger);

}  // namespace stateserver::app
