// SPDX-License-Identifier: Apache-2.0
//
// The commands and flags of stateclient that help after an error. The server and the library of
// revisions do not know them: their hints name calls and fields of the protocol.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/error.h"

namespace stateserver::client {

// Suggestion is a row of the table. The first row that matches an error applies.
struct Suggestion {
  Reason reason;
  // The fact that the error must have, not empty; empty if none is needed.
  std::string_view fact;
  // The value of that fact; empty for any.
  std::string_view value;
  // One sentence. "{FACT}" stands for the value of `fact`.
  std::string_view text;
};

std::span<const Suggestion> SuggestionTable();

// Returns the sentence for an error with one of the reasons in common/error.h, or "" if there is
// none. Errors with a ClientReason name their commands themselves.
std::string SuggestionFor(const absl::Status& status);

}  // namespace stateserver::client
