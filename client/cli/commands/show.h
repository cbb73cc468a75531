// SPDX-License-Identifier: Apache-2.0
//
// Output of commands that only read.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/cli/output/json.h"
#include "client/cli/session.h"

namespace stateserver::client {

// Prints an answer: `json` for programs, or what `print` writes for people.
template <typename Print>
absl::Status Show(Session& session, const std::string& json, const Print& print) {
  if (session.json()) {
    session.out() << json << '\n';
  } else {
    print(session.out());
  }
  return absl::OkStatus();
}

// Works like the overload above, with the field `list` of a message as {"list":[…]}.
template <typename Response, typename Print>
absl::Status ShowList(Session& session, const Response& response, std::string_view list,
                      const Print& print) {
  return Show(session, JsonObject().Raw(list, ListToJson(response, list)).Finish(), print);
}

}  // namespace stateserver::client
