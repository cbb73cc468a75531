// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/starrocks/schema_sources.h"

#include "common/error.h"
#include "common/text.h"
#include "server/starrocks/engine/inspector.h"

namespace stateserver::rpc {
namespace {

// Limits on globs, because each name is compared with every glob.
constexpr size_t kMaxGlobsBytes = 64 << 10;

absl::Status TooManyFiles(std::string_view what) {
  return Error(Reason::RECORD_TOO_LARGE, Cat("The files of one call may have ", what, "."),
               "Send fewer files at a time.");
}

}  // namespace

FileBudget& FileBudget::OfProcess() {
  static FileBudget budget{size_t{512} << 20};
  return budget;
}

absl::Status FileCollector::Add(const std::string& name, const std::string& text) {
  if (name.empty()) {
    return Error(Reason::ARGUMENT_INVALID, "A file has no name.", "", {{"field", "file.name"}});
  }
  bool is_new = files_.empty() || files_.back().name != name;
  if (is_new && files_.size() == kMostFiles) return TooManyFiles(Cat("at most ", kMostFiles));
  // A file without text takes memory too.
  const size_t bytes = text.size() + (is_new ? name.size() + sizeof(schema::SourceFile) : 0);
  bytes_ += bytes;
  budget_.bytes += bytes;
  if (bytes_ > kMostFilesBytes) {
    return TooManyFiles(Cat("at most ", kMostFilesBytes >> 20, " MiB together"));
  }
  if (budget_.bytes > budget_.most_bytes) {
    return Error(Reason::OVERLOADED, "The server holds too many schema files for other calls.",
                 "Try again in a moment.");
  }
  if (is_new) files_.push_back({name, ""});
  files_.back().text.append(text);
  return absl::OkStatus();
}

absl::StatusOr<Slots::Slot> AcquireSchemaSlot(const ServiceContext& context,
                                              const SchemaScope& scope, const CallContext& call) {
  std::string gateway = scope.gateway == nullptr ? "" : scope.gateway->name;
  return context.schema_calls->Acquire(context.limits().schema_calls, gateway, call.principal);
}

WorkMeter MeterOf(const CallContext& call) {
  return WorkMeter([&call] { return call.Check(); });
}

absl::StatusOr<SchemaScope> FindScope(const ServiceContext& context, const std::string& gateway,
                                      const std::string& database, bool need_warehouse,
                                      const Access& access, const CallContext& call,
                                      CallNotes& notes) {
  SchemaScope scope;
  auto found = context.gateways.Find(gateway);
  if (!need_warehouse && gateway.empty()) {
    // The default gateway is used if it has a warehouse and the caller may know of it.
    RETURN_IF_ERROR(AuthorizeAnywhere(access.action, call));
    if (found.ok() && (*found)->warehouse && MayKnow(**found, call)) scope.gateway = *found;
  } else {
    if (!found.ok()) return Discreet(found.status(), context.gateways, call);
    RETURN_IF_ERROR(Authorize(context, **found, access, call, notes));
    auto warehouse = context.gateways.FindWarehouse(gateway);
    if (warehouse.ok()) scope.gateway = *warehouse;
    if (!warehouse.ok() && need_warehouse) return warehouse.status();
  }
  if (scope.gateway != nullptr) notes.set_gateway(scope.gateway->name);
  scope.database = database;
  if (database.empty() && scope.gateway != nullptr) {
    scope.database = scope.gateway->warehouse->database.value_or("");
  }
  if (need_warehouse && scope.database.empty()) {
    return Error(Reason::ARGUMENT_INVALID,
                 "The connection of gateway '" + scope.gateway->name + "' names no database.",
                 "Name one in `database`, or in the server's configuration.",
                 {{"field", "database"}});
  }
  notes.Add("database", scope.database);
  return scope;
}

absl::StatusOr<schema::Filter> FilterOf(const v1::SchemaFilter& filter) {
  size_t bytes = 0;
  for (const auto* globs : {&filter.include(), &filter.exclude()}) {
    for (const std::string& glob : *globs) bytes += glob.size();
  }
  if (bytes > kMaxGlobsBytes) {
    return Error(
        Reason::ARGUMENT_INVALID,
        Cat("The globs together have ", bytes, " bytes; the limit is ", kMaxGlobsBytes, "."),
        "Give fewer, or shorter, patterns in `filter`.", {{"field", "filter"}});
  }
  return schema::Filter({filter.include().begin(), filter.include().end()},
                        {filter.exclude().begin(), filter.exclude().end()});
}

absl::StatusOr<schema::LiveSchema> ReadLive(
    const SchemaScope& scope, const std::function<bool(const schema::ObjectName&)>& looked_at,
    const CallContext& call) {
  starrocks::InspectOptions options;
  options.looked_at = looked_at;
  if (scope.gateway->warehouse->run_mode == "shared_data") {
    options.run_mode = schema::RunMode::kSharedData;
  }
  return starrocks::Inspect(*scope.gateway->warehouse, scope.database, options, call);
}

absl::Status StreamOutOfOrder(std::string_view what) {
  return Error(Reason::STREAM_OUT_OF_ORDER, what,
               "The stream is one begin, followed by the pieces of its files.");
}

}  // namespace stateserver::rpc
