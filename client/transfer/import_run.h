// SPDX-License-Identifier: Apache-2.0
//
// One Import from a state file's records to the server's result.
#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/statefile/reader.h"
#include "client/transfer/operation_stream.h"

namespace stateserver::client {

// Called from another thread than the one that imports.
using ImportProgressSink = std::function<void(const pb::ImportProgress&)>;

// Sends begin, the records of `reader`, commit; reads answers meanwhile.
// `begin` has everything but what the file's header says, which is added here.
// Errors of the file, of the server, of the connection: where the commit had not
// been sent they say that nothing was changed; after it the outcome is asked
// for (Settle). All carry the operation's id.
absl::StatusOr<OperationEnd<pb::ImportResult>> RunImport(Client& client, pb::ImportBegin begin,
                                                         std::unique_ptr<StateFileReader> reader,
                                                         const ImportProgressSink& on_progress,
                                                         const AskingTimes& times = {});

}  // namespace stateserver::client
