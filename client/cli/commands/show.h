// SPDX-License-Identifier: Apache-2.0
//
// Output of commands that only read.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/cli/output/json.h"
#include "client/cli/output/screen.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "common/text.h"

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

// Works like Show, with the field `list` of a message as {"list":[…]}.
template <typename Response, typename Print>
absl::Status ShowList(Session& session, const Response& response, std::string_view list,
                      const Print& print) {
  return Show(session, JsonObject().Raw(list, ListToJson(response, list)).Finish(), print);
}

// Shows people the notes of an answer.
inline void ShowNotes(Session& session, const google::protobuf::RepeatedPtrField<pb::Note>& notes) {
  if (!session.json()) PrintNotes(session.console(), notes);
}

// Tells people which environment was found by the name that they gave, if SQLMesh stores it under
// another one.
inline void NoteStoredName(Session& session, std::string_view given, std::string_view stored) {
  if (session.json() || stored.empty() || given == stored) return;
  session.console().Note(Cat("Environment '", given, "' is stored as '", Printable(stored), "'."));
}

}  // namespace stateserver::client
