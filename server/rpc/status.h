// SPDX-License-Identifier: Apache-2.0
//
// Errors on their way to the client: absl::Status to grpc::Status with
// google.rpc details. docs/errors.md describes what the client gets.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace stateserver::rpc {

// The domain of every ErrorInfo.
inline constexpr std::string_view kErrorDomain = "stateserver";

// What an error may take in the response's trailers, message and details as
// they are encoded there: gRPC peers refuse more than 8 KiB of metadata.
inline constexpr size_t kMaxErrorBytes = 6000;

// OK stays OK. Else the details are ErrorInfo (reason, domain, facts, "hint"
// and, where given, "trace_id"), BadRequest for the fact "field", Help for the
// hint, RetryInfo where waiting may help. Text that is no UTF-8 is repaired;
// what does not fit kMaxErrorBytes is cut, marked by "…".
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view trace_id = "");

// "LOCK_TIMEOUT" of an error, "" of OK.
std::string ReasonText(const absl::Status& status);

// "NOT_FOUND", "OK".
std::string CodeText(absl::StatusCode code);

}  // namespace stateserver::rpc
