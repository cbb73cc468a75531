// SPDX-License-Identifier: Apache-2.0
//
// One Export, from the server's stream to a complete state file.
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

// ExportProgress is called with the header, then with the number of records written so far.
struct ExportProgress {
  std::function<void(const pb::ExportHeader&)> on_header;
  std::function<void(const RecordCounts&)> on_records;
};

// Runs an export. Receives and validates on one thread, restyles and writes on the caller's; at
// most 16 MiB are buffered between them. The target is replaced only if header, records, trailer,
// counts and checksum agree; on any error it is unchanged.
absl::StatusOr<ExportEnd> RunExport(Client& client, const pb::ExportRequest& request,
                                    StateFileWriter& writer, const ExportProgress& progress);

// Does the same with a stream that has been started.
absl::StatusOr<ExportEnd> ReceiveExport(ServerStream<pb::ExportResponse>& stream,
                                        StateFileWriter& writer, const ExportProgress& progress);

}  // namespace stateserver::client
