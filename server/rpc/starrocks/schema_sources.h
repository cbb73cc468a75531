// SPDX-License-Identifier: Apache-2.0
//
// Where the schemas of a call come from: files in its stream, or a gateway's
// warehouse.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/work_meter.h"
#include "server/platform/gateways/gateway.h"
#include "server/rpc/authorize.h"
#include "server/starrocks/ddl/live_schema.h"
#include "server/starrocks/diff/declared.h"
#include "server/starrocks/diff/filter.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::rpc {

// Limits on the files of one call, declarations and revisions alike; see docs/security.md.
inline constexpr size_t kMostFilesBytes = size_t{64} << 20;  // names included
inline constexpr size_t kMostFiles = 20'000;

// The memory that the files of all calls may take together.
struct FileBudget {
  const size_t most_bytes;
  std::atomic<size_t> bytes = 0;

  // 512 MiB for all calls of this process.
  static FileBudget& OfProcess();
};

// Joins the pieces of files as they come.
class FileCollector {
 public:
  // `budget` outlives it.
  explicit FileCollector(FileBudget& budget = FileBudget::OfProcess()) : budget_(budget) {}
  ~FileCollector() { budget_.bytes -= bytes_; }
  FileCollector(const FileCollector&) = delete;
  FileCollector& operator=(const FileCollector&) = delete;

  // ARGUMENT_INVALID where a piece has no name, or one that is too long;
  // RECORD_TOO_LARGE over a limit of all files together; OVERLOADED while all calls together are
  // over the budget.
  absl::Status Add(const v1::SchemaFile& piece);
  const std::vector<schema::SourceFile>& files() const { return files_; }

 private:
  FileBudget& budget_;
  std::vector<schema::SourceFile> files_;
  size_t bytes_ = 0;
};

// Ends work on schemas with the call: CANCELLED or DEADLINE_EXCEEDED.
WorkMeter MeterOf(const CallContext& call);

// The gateway that a call names and the database it is about. `need_warehouse`:
// something is to be read there; without it a gateway is only asked for its
// database, and there may be none. Errors as FindGateway, and WAREHOUSE_MISSING.
struct SchemaScope {
  gateways::GatewayPtr gateway;  // null where none was needed
  std::string database;
};
absl::StatusOr<SchemaScope> FindScope(const ServiceContext& context, const std::string& gateway,
                                      const std::string& database, bool need_warehouse,
                                      const Access& access, const CallContext& call,
                                      CallNotes& notes);

// A turn among the calls that parse files or compare schemas, for as long as it lives. OVERLOADED
// names the limit that is reached.
absl::StatusOr<Slots::Slot> AcquireSchemaSlot(const ServiceContext& context,
                                              const SchemaScope& scope, const CallContext& call);

// ARGUMENT_INVALID for a glob, or globs together, over their limits: each name is
// compared with every glob.
absl::StatusOr<schema::Filter> FilterOf(const v1::SchemaFilter& filter);

// What `filter`, which outlives it, takes of a schema that is planned or declared: not the version
// table, which this service makes and keeps.
std::function<bool(const schema::ObjectName&)> OfTheSchema(const schema::Filter& filter);

// Reads the scope's database; `looked_at` as in starrocks::InspectOptions.
absl::StatusOr<schema::LiveSchema> ReadLive(
    const SchemaScope& scope, const std::function<bool(const schema::ObjectName&)>& looked_at,
    const CallContext& call);

absl::Status StreamOutOfOrder(std::string_view what);

}  // namespace stateserver::rpc
