// SPDX-License-Identifier: Apache-2.0
//
// Parsing of one JSON document with descriptive errors.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::state {

// Parses `text` into `root`, which is valid until the parser's next use. Returns an error with
// `reason` if the text is not JSON, is nested deeper than kMostDepth, or contains numbers that fit
// neither 64 bits nor a double. The message begins with `what` ("the stored snapshot").
absl::Status ParseDocument(simdjson::dom::parser* parser, std::string_view text, Reason reason,
                           std::string_view what, simdjson::dom::element* root);

}  // namespace stateserver::state
