// SPDX-License-Identifier: Apache-2.0
//
// One Export from the server's stream to a finished state file.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "client/connection/client.h"
#include "client/statefile/writer.h"

namespace stateserver::client {

struct ExportEnd {
  pb::ExportHeader header;
  pb::ExportTrailer trailer;
};

// Called with the header, then with the records written so far.
struct ExportProgress {
  std::function<void(const pb::ExportHeader&)> on_header;
  std::function<void(const RecordCounts&)> on_records;
};

// Receives and checks on one thread, restyles and writes on the caller's; at
// most 16 MiB wait between them. The target is replaced only when header,
// records, trailer, counts and checksum agree; on any error it is as it was.
absl::StatusOr<ExportEnd> RunExport(Client& client, const pb::ExportRequest& request,
                                    StateFileWriter& writer, const ExportProgress& progress);

// The same of a stream that was begun.
absl::StatusOr<ExportEnd> ReceiveExport(ServerStream<pb::ExportResponse>& stream,
                                        StateFileWriter& writer, const ExportProgress& progress);

}  // namespace stateserver::client
