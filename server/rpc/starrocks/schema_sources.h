// SPDX-License-Identifier: Apache-2.0
//
// Sources of the schemas of a call: files in its stream, or a gateway's warehouse.
#pragma once

#include <atomic>
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
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::rpc {

// Limits on the files of one call, for declarations and revisions alike; see docs/security.md.
inline constexpr size_t kMostFilesBytes = size_t{64} << 20;  // including names
inline constexpr size_t kMostFiles = 20'000;

// FileBudget bounds the memory for the files of all calls together.
struct FileBudget {
  const size_t most_bytes;
  std::atomic<size_t> bytes = 0;

  // Returns the budget of this process: 512 MiB for all calls.
  static FileBudget& OfProcess();
};

// FileCollector joins the pieces of files as they arrive.
class FileCollector {
 public:
  // `budget` must outlive this object.
  explicit FileCollector(FileBudget& budget = FileBudget::OfProcess()) : budget_(budget) {}
  ~FileCollector() { budget_.bytes -= bytes_; }
  FileCollector(const FileCollector&) = delete;
  FileCollector& operator=(const FileCollector&) = delete;

  // Adds a piece. Returns ARGUMENT_INVALID if it has no name or a name that is too long,
  // RECORD_TOO_LARGE if the files of the call exceed a limit, and OVERLOADED if all calls together
  // exceed the budget.
  absl::Status Add(const v1::SchemaFile& piece) { return Add(piece.name(), piece.text()); }
  absl::Status Add(const v1::RevisionFile& piece) { return Add(piece.name(), piece.text()); }
  const std::vector<schema::SourceFile>& files() const { return files_; }

 private:
  absl::Status Add(const std::string& name, const std::string& text);

  FileBudget& budget_;
  std::vector<schema::SourceFile> files_;
  size_t bytes_ = 0;
};

// Returns a meter that ends work on schemas with the call: CANCELLED or DEADLINE_EXCEEDED.
WorkMeter MeterOf(const CallContext& call);

// SchemaScope is the gateway that a call names and the database that it concerns.
struct SchemaScope {
  gateways::GatewayPtr gateway;  // null if none was needed
  std::string database;
};
absl::StatusOr<SchemaScope> FindScope(const ServiceContext& context, const std::string& gateway,
                                      const std::string& database, bool need_warehouse,
                                      const Access& access, const CallContext& call,
                                      CallNotes& notes);

// Acquires a slot among the calls that parse files or compare schemas. Returns OVERLOADED, naming
// the limit that is reached.
absl::StatusOr<Slots::Slot> AcquireSchemaSlot(const ServiceContext& context,
                                              const SchemaScope& scope, const CallContext& call);

// Returns the filter. Returns ARGUMENT_INVALID if one glob, or all globs together, exceed their
// limits, because each name is compared with every glob.
absl::StatusOr<schema::Filter> FilterOf(const v1::SchemaFilter& filter);

// Reads the scope's database. `looked_at` is the predicate of starrocks::InspectOptions.
absl::StatusOr<schema::LiveSchema> ReadLive(
    const SchemaScope& scope, const std::function<bool(const schema::ObjectName&)>& looked_at,
    const CallContext& call);

absl::Status StreamOutOfOrder(std::string_view what);

}  // namespace stateserver::rpc
