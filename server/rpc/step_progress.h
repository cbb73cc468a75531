// SPDX-License-Identifier: Apache-2.0
//
// Progress messages of an operation's stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/rpc/call.h"

namespace stateserver::rpc {

// Returns a callback that writes progress messages to a ServerWriter or ServerReaderWriter and
// records each step as a phase of the call. It ignores write errors; a disconnected caller is
// detected elsewhere.
template <typename Response, typename Writer>
auto ProgressTo(Writer* writer, CallNotes& notes) {
  return [writer, &notes](std::string_view step, int64_t done, int64_t total) {
    notes.EnterPhase(step);
    notes.running().SetDone(done, total);
    Response response;
    response.mutable_progress()->set_phase(std::string(step));
    response.mutable_progress()->set_done(done);
    response.mutable_progress()->set_total(total);
    writer->Write(response);
  };
}

}  // namespace stateserver::rpc
