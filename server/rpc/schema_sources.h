// Where the schemas of a call come from: files in its stream, or a gateway's
// warehouse.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/gateways/gateway.h"
#include "server/rpc/authorize.h"
#include "server/schema/declared/declared.h"
#include "server/schema/filter/filter.h"
#include "server/schema/model/live_schema.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::rpc {

// Joins the pieces of files as they come.
class FileCollector {
 public:
  // ARGUMENT_INVALID where a piece has no name; RECORD_TOO_LARGE over the limit
  // of all files together.
  absl::Status Add(const v1::SchemaFile& piece);
  const std::vector<schema::SourceFile>& files() const { return files_; }

 private:
  static constexpr int64_t kMostBytes = int64_t{256} << 20;

  std::vector<schema::SourceFile> files_;
  int64_t bytes_ = 0;
};

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
