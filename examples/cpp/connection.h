// SPDX-License-Identifier: Apache-2.0
//
// A connection to a stateserver, and calls that follow its retry rules
// (docs/replicas.md, Retrying).
#pragma once

#include <functional>
#include <memory>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace example {

// By the variables that stateclient takes: STATESERVER_SERVER, STATESERVER_TLS_CA. A file of
// authorities that cannot be read ends the program.
std::shared_ptr<grpc::Channel> Connect();

// Of one call; carries the bearer token in STATESERVER_TOKEN, if there is one.
std::unique_ptr<grpc::ClientContext> NewContext();

// Calls again while the server cannot be reached or is about to stop. For calls that change
// nothing, or that carry an operation id.
grpc::Status Retrying(const std::function<grpc::Status()>& call);

// Prints what went wrong; for the end of main().
int Failed(const grpc::Status& status);

}  // namespace example
