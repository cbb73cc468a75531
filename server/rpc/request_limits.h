// SPDX-License-Identifier: Apache-2.0
//
// How long each field of a request may be. One table, checked before a method looks at a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace stateserver::rpc {

// Checks every text, bytes and repeated field of a request, or of one message of a stream of them,
// against the table. ARGUMENT_INVALID names the field, its length and its limit and never repeats
// the value; likewise a text with a NUL character, which PostgreSQL cannot store. The `json` of
// records is left to the import, which has the limit of the protocol. Thread-safe; makes no copies.
absl::Status CheckRequest(const google::protobuf::Message& request);

// Why CheckRequest refused: "too_large" or "not_text"; empty for any other status.
std::string_view WhyRefused(const absl::Status& status);

// Names of request fields without a row in the table, and of rows without a field, both as
// "ImportBegin.gateway", over all methods of all services. A field without a row holds nothing.
std::vector<std::string> FieldsOutOfTable();

}  // namespace stateserver::rpc
