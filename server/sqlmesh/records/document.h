// SPDX-License-Identifier: Apache-2.0
//
// Parsing one JSON document with errors that say what is wrong with it.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::state {

// Parses `text` into `root`, which lives until the parser's next use. What is
// not JSON, nests deeper than kMostDepth, or holds numbers that fit neither 64 bits
// nor a double, is an error of `reason` whose sentence begins with `what` ("the stored snapshot").
absl::Status ParseDocument(simdjson::dom::parser* parser, std::string_view text, Reason reason,
                           std::string_view what, simdjson::dom::element* root);

}  // namespace stateserver::state
