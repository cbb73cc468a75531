// SPDX-License-Identifier: Apache-2.0
//
// Values of the protocol in words that several commands print.
#pragma once

#include <string>

#include "client/cli/output/console.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "stateserver/v1/common.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::client {

namespace pb = stateserver::v1;

// "running", "succeeded", …
std::string StatusWord(pb::OperationStatus status);
// "SQLMesh 0.236.4, migration 102, SQLGlot 30.8.0".
std::string VersionsText(const pb::Versions& versions);
// A time-like that SQLMesh stores as text: epoch milliseconds become a time,
// anything else ("1 week ago") stays.
std::string TimeLike(const std::string& text);
// Kind of a model; standalone audits have none.
std::string KindWord(const std::string& kind);
// One "[NOTE] …" each, with up to five of the records' names.
void PrintNotes(Console& console, const google::protobuf::RepeatedPtrField<pb::Note>& notes);

// "State backend versions:" and what they were and are, as SQLMesh's migrate and
// rollback print them.
void PrintVersionChange(std::ostream& talk, const pb::Versions& before, const pb::Versions& after);

// How to get the state before a change back; nothing for an empty id.
void PrintRestorePoint(std::ostream& talk, const std::string& id);

}  // namespace stateserver::client
