// SPDX-License-Identifier: Apache-2.0
//
// The channel to the server: transport security and limits. Internal to
// connection/.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "client/settings/settings.h"
#include "grpcpp/channel.h"

namespace stateserver::client {

// The largest message taken; the server sends none above 1 MiB.
inline constexpr int kMaxMessageBytes = 8 << 20;

// Does not connect yet. Errors: a TLS file that does not hold what it should.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const Settings& settings);

}  // namespace stateserver::client
