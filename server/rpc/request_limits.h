// SPDX-License-Identifier: Apache-2.0
//
// Maximum lengths of request fields. One table, checked before a method reads a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace stateserver::rpc {

// Checks every text, bytes and repeated field of a request, or of one message of a request stream,
// against the table. Returns ARGUMENT_INVALID naming the field, its length and its limit, but never
// the value; also for a text with a NUL character, which PostgreSQL cannot store. The `json` of
// records is checked by the import, against the limit of the protocol. Thread-safe; makes no
// copies.
absl::Status CheckRequest(const google::protobuf::Message& request);

// Returns the reason for which CheckRequest rejected a request: "too_large" or "not_text"; empty
// for any other status.
std::string_view WhyRefused(const absl::Status& status);

// Returns the request fields without a row in the table and the rows without a field, both as
// "ImportBegin.gateway", over all methods of all services. A field without a row must be empty.
std::vector<std::string> FieldsOutOfTable();

}  // namespace stateserver::rpc
