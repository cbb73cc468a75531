// SPDX-License-Identifier: Apache-2.0
//
// What an import did, or would do.
#pragma once

#include <ostream>
#include <string>

#include "client/cli/session.h"
#include "client/statefile/format.h"
#include "client/transfer/operation_stream.h"

namespace stateserver::client {

using ImportEnd = OperationEnd<pb::ImportResult>;

// The file's header as a tree; SQLMesh's five lines.
void PrintFileInformation(std::ostream& out, const StateFileHeader& header);

// After a success: JSON on standard output, or SQLMesh's sentence, the counts, the
// restore point and notes. A dry run's table is data and goes to standard output.
void ReportImport(Session& session, const std::string& file, const ImportEnd& end);

}  // namespace stateserver::client
