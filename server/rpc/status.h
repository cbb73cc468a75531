// SPDX-License-Identifier: Apache-2.0
//
// Conversion of absl::Status to grpc::Status with google.rpc details. docs/errors.md describes what
// clients receive.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace stateserver::rpc {

// The domain of every ErrorInfo.
inline constexpr std::string_view kErrorDomain = "stateserver";

// Maximum encoded bytes of an error's message and details in the response's trailers. gRPC peers
// reject more than 8 KiB of metadata.
inline constexpr size_t kMaxErrorBytes = 6000;

// Converts `status`; OK stays OK. The details are ErrorInfo (reason, domain, facts, "hint" and, if
// given, "trace_id"), BadRequest for the fact "field", Help for the hint, and RetryInfo if waiting
// may help. Replaces invalid UTF-8. Truncates what exceeds kMaxErrorBytes and marks it with "…".
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view trace_id = "");

// Returns the reason, such as "LOCK_TIMEOUT"; "" for OK.
std::string ReasonText(const absl::Status& status);

// Returns the name of the code, such as "NOT_FOUND" or "OK".
std::string CodeText(absl::StatusCode code);

}  // namespace stateserver::rpc
