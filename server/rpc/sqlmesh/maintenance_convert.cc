// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/maintenance_convert.h"

#include "common/text.h"
#include "common/timestamps.h"

namespace stateserver::rpc {
namespace {

constexpr size_t kRecordsBytes = 256 << 10;  // of one message

// Sends what was gathered when it is large enough.
class Batches {
 public:
  explicit Batches(const std::function<void(const v1::ExpiredRecords&)>& send) : send_(send) {}

  v1::ExpiredRecords& Next(size_t bytes) {
    if (bytes_ + bytes > kRecordsBytes) Flush();
    bytes_ += bytes;
    return records_;
  }

  void Flush() {
    if (bytes_ == 0) return;
    send_(records_);
    records_.Clear();
    bytes_ = 0;
  }

 private:
  const std::function<void(const v1::ExpiredRecords&)>& send_;
  v1::ExpiredRecords records_;
  size_t bytes_ = 0;
};

v1::ExpiredEnvironment RecordToProto(const maintenance::ExpiredEnvironment& environment) {
  v1::ExpiredEnvironment out;
  out.set_name(environment.name);
  out.set_expiration_ts(environment.expiration_ts);
  out.set_snapshots(environment.snapshots);
  out.set_reason(environment.reason);
  return out;
}

v1::ExpiredSnapshot RecordToProto(const maintenance::ExpiredSnapshot& snapshot) {
  v1::ExpiredSnapshot out;
  out.set_name(snapshot.name);
  out.set_identifier(snapshot.identifier);
  out.set_version(snapshot.version);
  out.set_dev_version(snapshot.dev_version);
  out.set_kind(snapshot.kind);
  out.set_expired_ts(snapshot.expired_ts);
  out.set_reason(snapshot.reason);
  return out;
}

v1::PhysicalTable RecordToProto(const maintenance::PhysicalTable& table) {
  v1::PhysicalTable out;
  out.set_table(table.table);
  out.set_snapshot_name(table.snapshot_name);
  out.set_snapshot_identifier(table.snapshot_identifier);
  out.set_is_dev(table.is_dev);
  out.set_model_gateway(table.model_gateway);
  return out;
}

}  // namespace

void SendRecords(const maintenance::ExpiredPlan& plan,
                 const std::function<void(const v1::ExpiredRecords&)>& send) {
  Batches batches(send);
  for (const auto& each : plan.environments) {
    v1::ExpiredEnvironment message = RecordToProto(each);
    batches.Next(message.ByteSizeLong()).mutable_environments()->Add(std::move(message));
  }
  for (const auto& each : plan.snapshots) {
    v1::ExpiredSnapshot message = RecordToProto(each);
    batches.Next(message.ByteSizeLong()).mutable_snapshots()->Add(std::move(message));
  }
  for (const auto& each : plan.tables) {
    v1::PhysicalTable message = RecordToProto(each);
    batches.Next(message.ByteSizeLong()).mutable_tables()->Add(std::move(message));
  }
  batches.Flush();
}

v1::ExpiredSummary ToSummary(const maintenance::ExpiredPlan& plan) {
  v1::ExpiredSummary out;
  out.set_environments(static_cast<int64_t>(plan.environments.size()));
  out.set_snapshots(static_cast<int64_t>(plan.snapshots.size()));
  out.set_tables(static_cast<int64_t>(plan.tables.size()));
  out.set_kept_by_ttl(plan.kept_by_ttl);
  out.set_now_ts(plan.now_ms);
  if (plan.environment_lives) {
    v1::Note* note = out.add_notes();
    note->set_kind("environment_not_expired");
    note->set_count(1);
    note->set_message(plan.environment_expires_ms == 0
                          ? "the environment never expires"
                          : Cat("the environment has not expired: it does at ",
                                FormatTimestamp(plan.environment_expires_ms)));
  }
  return out;
}

maintenance::ChangeOptions ChangeOptionsOf(const gateways::Gateway& gateway,
                                           const ServiceLimits& limits,
                                           const std::string& operation_id) {
  maintenance::ChangeOptions options;
  options.gateway = gateway.name;
  options.database = gateway.database;
  options.schema = gateway.state_schema;
  options.operation_id = operation_id;
  options.lock_timeout = limits.lock_timeout;
  return options;
}

}  // namespace stateserver::rpc
