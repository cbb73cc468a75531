// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/client/fake_server.h"

#include "absl/time/clock.h"
#include "common/error.h"
#include "common/sha256.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/support/handover.h"

namespace stateserver::client {
namespace {

pb::Versions NewestVersions() {
  pb::Versions versions;
  versions.set_schema_version(102);
  versions.set_sqlglot_version("30.8.0");
  versions.set_sqlmesh_version("0.236.4");
  return versions;
}

pb::SnapshotSummary Summary(const std::string& name, const std::string& identifier) {
  pb::SnapshotSummary summary;
  summary.set_name(name);
  summary.set_identifier(identifier);
  summary.set_version("123");
  summary.set_kind("FULL");
  summary.set_updated_ts(1795341780000);
  summary.set_ttl_ms(604800000);
  return summary;
}

pb::Operation SomeOperation(const std::string& id) {
  pb::Operation operation;
  operation.set_id(id);
  operation.set_kind(pb::OPERATION_KIND_IMPORT);
  operation.set_status(pb::OPERATION_STATUS_SUCCEEDED);
  operation.set_gateway("local");
  operation.set_principal("anna");
  operation.mutable_started_time()->set_seconds(1795341780);
  operation.mutable_finished_time()->set_seconds(1795341781);
  (*operation.mutable_details()->mutable_fields())["snapshots"].set_number_value(2);
  return operation;
}

}  // namespace

grpc::Status Typed(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_domain("stateserver");
  info.set_reason(std::string(ReasonName(ReasonOf(status))));
  for (const auto& [key, value] : FactsOf(status)) (*info.mutable_metadata())[key] = value;
  if (!HintOf(status).empty()) (*info.mutable_metadata())["hint"] = HintOf(status);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(MessageOf(status)),
                      details.SerializeAsString());
}

class FakeServer::StateImpl : public pb::StateService::Service {
 public:
  explicit StateImpl(FakeServer& fake) : fake_(fake) {}

  grpc::Status Export(grpc::ServerContext* context, const pb::ExportRequest* request,
                      grpc::ServerWriter<pb::ExportResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Export");
    if (fake_.on_export) return fake_.on_export(context, *request, writer);
    SendAll(MakeExport(), writer);
    return grpc::Status::OK;
  }

  grpc::Status Import(grpc::ServerContext* context, ImportServerStream* stream) override {
    Handover handover;
    fake_.Begin(context, "Import");
    if (fake_.on_import) return fake_.on_import(context, stream);
    stream->Write(ImportedResponse(ReadImport(stream)));
    return grpc::Status::OK;
  }

  grpc::Status Migrate(grpc::ServerContext* context, const pb::MigrateRequest* request,
                       grpc::ServerWriter<pb::MigrateResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Migrate");
    if (fake_.on_migrate) return fake_.on_migrate(*request, writer);
    pb::MigrateResponse response;
    response.mutable_progress()->set_phase("Reading snapshots");
    response.mutable_progress()->set_done(6);
    response.mutable_progress()->set_total(6);
    writer->Write(response);
    auto* result = response.mutable_result();
    *result->mutable_operation() = SomeOperation(request->operation_id());
    *result->mutable_after() = NewestVersions();
    result->set_changed(true);
    result->set_dry_run(request->dry_run());
    pb::MigrationStep* step = result->add_steps();
    step->set_number(101);
    result->mutable_rows()->set_snapshots_read(6);
    result->mutable_rows()->set_fingerprints_native(6);
    result->mutable_rows()->set_snapshots_written(4);
    result->set_restore_point_id("cccccccc-7425-40de-944b-e07fc1f90ae7");
    pb::Note* note = result->add_notes();
    note->set_kind(pb::NOTE_KIND_MIGRATION_WARNING);
    note->set_message("look at the plan");
    writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status Rollback(grpc::ServerContext* context, const pb::RollbackRequest* request,
                        grpc::ServerWriter<pb::RollbackResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Rollback");
    fake_.last_rollback = *request;
    pb::RollbackResponse response;
    auto* result = response.mutable_result();
    result->set_dry_run(request->dry_run());
    result->set_source_restore_point_id("dddddddd-7425-40de-944b-e07fc1f90ae7");
    result->mutable_target_time()->set_seconds(1'796'000'000);
    result->mutable_losses()->set_environments(2);
    result->mutable_losses()->add_environment_names("dev_a");
    result->mutable_losses()->add_environment_names("dev_b");
    result->mutable_losses()->set_reverted_environments(1);
    result->mutable_losses()->add_reverted_environment_names("prod");
    result->mutable_losses()->set_snapshots(33);
    result->mutable_losses()->add_snapshot_names(R"("db"."shop"."orders")");
    *result->mutable_operation() = SomeOperation(request->operation_id());
    *result->mutable_before() = NewestVersions();
    result->mutable_after()->set_schema_version(60);
    result->mutable_after()->set_sqlmesh_version("0.137.1");
    result->add_restored_tables("_snapshots");
    result->add_dropped_tables("_auto_restatements");
    result->set_restore_point_id("cccccccc-7425-40de-944b-e07fc1f90ae7");
    writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status MigrateStateFile(grpc::ServerContext* context,
                                MigrateFileServerStream* stream) override {
    Handover handover;
    fake_.Begin(context, "MigrateStateFile");
    if (fake_.on_migrate_file) return fake_.on_migrate_file(context, stream);
    pb::MigrateStateFileRequest request;
    stream->Read(&request);
    pb::MigrateStateFileResponse response;
    *response.mutable_accepted()->mutable_versions() = NewestVersions();
    response.mutable_accepted()->set_unchanged(true);
    stream->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status ListGateways(grpc::ServerContext* context, const pb::ListGatewaysRequest*,
                            pb::ListGatewaysResponse* response) override {
    if (fake_.on_list_gateways) return fake_.on_list_gateways(response);
    auto* gateway = response->add_gateways();
    gateway->set_name("local");
    gateway->set_is_default(true);
    gateway->set_state_type(pb::STATE_TYPE_POSTGRES);
    gateway->set_host("db");
    gateway->set_port(5432);
    gateway->add_addresses("db:5432");
    gateway->set_database("state");
    gateway->set_user("sqlmesh");
    gateway->set_state_schema("sqlmesh");
    Handover handover;
    return fake_.Begin(context, "ListGateways");
  }

  grpc::Status GetVersions(grpc::ServerContext* context, const pb::GetVersionsRequest*,
                           pb::GetVersionsResponse* response) override {
    response->set_gateway("local");
    response->set_database("shop_tx");
    response->set_state_schema("sqlmesh");
    *response->mutable_state() = NewestVersions();
    *response->mutable_newest() = NewestVersions();
    response->set_server_version("0.1.0");
    response->set_postgres_version("15.8");
    Handover handover;
    return fake_.Begin(context, "GetVersions");
  }

  grpc::Status Diagnose(grpc::ServerContext* context, const pb::DiagnoseRequest*,
                        pb::DiagnoseResponse* response) override {
    response->set_gateway("local");
    response->set_principal("token:ci");
    response->set_role(pb::ROLE_WRITER);
    response->mutable_server_time()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    response->set_server_version("0.1.0");
    auto* finding = response->add_findings();
    finding->set_name("database");
    finding->set_verdict(pb::DIAGNOSIS_VERDICT_PASSED);
    finding->set_message("PostgreSQL answers in 1ms");
    Handover handover;
    return fake_.Begin(context, "Diagnose");
  }

  grpc::Status ListEnvironments(grpc::ServerContext* context, const pb::ListEnvironmentsRequest*,
                                pb::ListEnvironmentsResponse* response) override {
    auto* environment = response->add_environments();
    environment->set_name("prod");
    environment->set_snapshots(27);
    environment->set_start_at("1795305600000");
    environment->set_finalized_ts(1795341780000);
    environment->set_plan_id("p1");
    environment->set_suffix_target("schema");
    Handover handover;
    return fake_.Begin(context, "ListEnvironments");
  }

  grpc::Status GetEnvironment(grpc::ServerContext* context,
                              const pb::GetEnvironmentRequest* request,
                              pb::GetEnvironmentResponse* response) override {
    response->mutable_summary()->set_name(request->name());
    response->mutable_summary()->set_snapshots(1);
    response->set_promoted(1);
    response->mutable_statements();
    Handover handover;
    return fake_.Begin(context, "GetEnvironment");
  }

  grpc::Status ListEnvironmentSnapshots(grpc::ServerContext* context,
                                        const pb::ListEnvironmentSnapshotsRequest*,
                                        pb::ListEnvironmentSnapshotsResponse* response) override {
    auto* reference = response->add_snapshots();
    reference->set_name("\"a\".\"b\"");
    reference->set_identifier("1");
    Handover handover;
    return fake_.Begin(context, "ListEnvironmentSnapshots");
  }

  grpc::Status ListSnapshots(grpc::ServerContext* context, const pb::ListSnapshotsRequest* request,
                             pb::ListSnapshotsResponse* response) override {
    Handover handover;
    fake_.Begin(context, "ListSnapshots");
    if (fake_.on_list_snapshots) return fake_.on_list_snapshots(*request, response);
    *response->add_snapshots() = Summary("\"a\".\"b\"", "1");
    return grpc::Status::OK;
  }

  grpc::Status GetSnapshot(grpc::ServerContext* context, const pb::GetSnapshotRequest* request,
                           pb::GetSnapshotResponse* response) override {
    *response->mutable_summary() = Summary(request->name(), "1");
    response->set_json("{\"name\":\"x\",\"parents\":[]}");
    response->add_environments("prod");
    Handover handover;
    return fake_.Begin(context, "GetSnapshot");
  }

  grpc::Status DiffEnvironments(grpc::ServerContext* context, const pb::DiffEnvironmentsRequest*,
                                pb::DiffEnvironmentsResponse* response) override {
    auto* added = response->add_differences();
    added->set_difference(pb::DIFFERENCE_KIND_ADDED);
    added->set_name("\"a\".\"new\"");
    added->set_to_identifier("2");
    response->set_unchanged(9007199254740993);  // no double holds it
    Handover handover;
    return fake_.Begin(context, "DiffEnvironments");
  }

  grpc::Status GetStats(grpc::ServerContext* context, const pb::GetStatsRequest*,
                        pb::GetStatsResponse* response) override {
    *response->mutable_versions() = NewestVersions();
    response->set_snapshots(79);
    response->set_bytes(1 << 20);
    auto* table = response->add_tables();
    table->set_name("_snapshots");
    table->set_rows(79);
    auto* kind = response->add_kinds();
    kind->set_kind("VIEW");
    kind->set_snapshots(3);
    Handover handover;
    return fake_.Begin(context, "GetStats");
  }

 private:
  FakeServer& fake_;
};

class FakeServer::OperationsImpl : public pb::OperationsService::Service {
 public:
  explicit OperationsImpl(FakeServer& fake) : fake_(fake) {}

  grpc::Status GetOperation(grpc::ServerContext* context, const pb::GetOperationRequest* request,
                            pb::GetOperationResponse* response) override {
    Handover handover;
    fake_.Begin(context, "GetOperation");
    if (fake_.on_get_operation) return fake_.on_get_operation(*request, response);
    *response->mutable_operation() = SomeOperation(request->id());
    return grpc::Status::OK;
  }

  grpc::Status WaitOperation(grpc::ServerContext* context, const pb::WaitOperationRequest* request,
                             pb::WaitOperationResponse* response) override {
    Handover handover;
    fake_.Begin(context, "WaitOperation");
    pb::GetOperationRequest get;
    get.set_id(request->id());
    pb::GetOperationResponse got;
    if (fake_.on_get_operation) {
      grpc::Status status = fake_.on_get_operation(get, &got);
      *response->mutable_operation() = got.operation();
      return status;
    }
    *response->mutable_operation() = SomeOperation(request->id());
    return grpc::Status::OK;
  }

  grpc::Status CancelOperation(grpc::ServerContext* context,
                               const pb::CancelOperationRequest* request,
                               pb::CancelOperationResponse* response) override {
    Handover handover;
    *response->mutable_operation() = SomeOperation(request->id());
    return fake_.Begin(context, "CancelOperation");
  }

  grpc::Status ListRunning(grpc::ServerContext* context, const pb::ListRunningRequest*,
                           pb::ListRunningResponse* response) override {
    auto* call = response->add_calls();
    call->set_method("Import");
    call->set_gateway("local");
    call->set_phase("stage");
    call->set_done(12);
    Handover handover;
    return fake_.Begin(context, "ListRunning");
  }

  grpc::Status ListAudit(grpc::ServerContext* context, const pb::ListAuditRequest*,
                         pb::ListAuditResponse* response) override {
    pb::AuditEvent* event = response->add_events();
    event->set_seq(1);
    event->set_outcome(pb::AUDIT_OUTCOME_SUCCEEDED);
    return fake_.Begin(context, "ListAudit");
  }
  grpc::Status ListOperations(grpc::ServerContext* context, const pb::ListOperationsRequest*,
                              pb::ListOperationsResponse* response) override {
    *response->add_operations() = SomeOperation("7c9e6679-7425-40de-944b-e07fc1f90ae7");
    Handover handover;
    return fake_.Begin(context, "ListOperations");
  }

  grpc::Status ListRestorePoints(grpc::ServerContext* context, const pb::ListRestorePointsRequest*,
                                 pb::ListRestorePointsResponse* response) override {
    auto* point = response->add_restore_points();
    point->set_id("aaaaaaaa-7425-40de-944b-e07fc1f90ae7");
    point->mutable_created_time()->set_seconds(1795341780);
    point->set_reason("import --replace");
    point->set_snapshots(79);
    point->set_environments(8);
    *point->mutable_versions() = NewestVersions();
    Handover handover;
    return fake_.Begin(context, "ListRestorePoints");
  }

  grpc::Status Restore(grpc::ServerContext* context, const pb::RestoreRequest* request,
                       grpc::ServerWriter<pb::RestoreResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Restore");
    if (fake_.on_restore) return fake_.on_restore(*request, writer);
    pb::RestoreResponse response;
    auto* result = response.mutable_result();
    *result->mutable_operation() = SomeOperation(request->operation_id());
    result->mutable_restored()->set_id(request->id());
    result->set_restore_point_id("bbbbbbbb-7425-40de-944b-e07fc1f90ae7");
    writer->Write(response);
    return grpc::Status::OK;
  }

 private:
  FakeServer& fake_;
};

class FakeServer::MaintenanceImpl : public pb::MaintenanceService::Service {
 public:
  explicit MaintenanceImpl(FakeServer& fake) : fake_(fake) {}

  grpc::Status Compact(grpc::ServerContext* context, const pb::CompactRequest* request,
                       grpc::ServerWriter<pb::CompactResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Compact");
    if (fake_.on_compact) return fake_.on_compact(*request, writer);
    pb::CompactResponse response;
    response.mutable_progress()->set_phase("Compacting intervals");
    response.mutable_progress()->set_done(7);
    response.mutable_progress()->set_total(7);
    writer->Write(response);
    auto* result = response.mutable_result();
    *result->mutable_operation() = SomeOperation(request->operation_id());
    result->set_versions(7);
    result->set_rows_deleted(30);
    result->set_rows_inserted(9);
    result->set_dry_run(request->dry_run());
    writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status FindExpired(grpc::ServerContext* context, const pb::FindExpiredRequest*,
                           grpc::ServerWriter<pb::FindExpiredResponse>* writer) override {
    WriteRecords(writer);
    pb::FindExpiredResponse response;
    *response.mutable_summary() = Summary();
    writer->Write(response);
    Handover handover;
    return fake_.Begin(context, "FindExpired");
  }

  grpc::Status DeleteExpired(grpc::ServerContext* context, const pb::DeleteExpiredRequest* request,
                             grpc::ServerWriter<pb::DeleteExpiredResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "DeleteExpired");
    if (fake_.on_delete_expired) return fake_.on_delete_expired(*request, writer);
    WriteRecords(writer);
    pb::DeleteExpiredResponse response;
    auto* result = response.mutable_result();
    *result->mutable_operation() = SomeOperation(request->operation_id());
    *result->mutable_expired() = Summary();
    result->set_restore_point_id("bbbbbbbb-7425-40de-944b-e07fc1f90ae7");
    writer->Write(response);
    return grpc::Status::OK;
  }

  grpc::Status Check(grpc::ServerContext* context, const pb::CheckRequest*,
                     grpc::ServerWriter<pb::CheckResponse>* writer) override {
    Handover handover;
    fake_.Begin(context, "Check");
    if (fake_.on_check) return fake_.on_check(writer);
    pb::CheckResponse response;
    *response.mutable_result()->mutable_versions() = NewestVersions();
    response.mutable_result()->set_snapshots(79);
    writer->Write(response);
    return grpc::Status::OK;
  }

 private:
  template <typename Response>
  static void WriteRecords(grpc::ServerWriter<Response>* writer) {
    Response response;
    auto* environment = response.mutable_environment();
    environment->set_name("dev");
    environment->set_expiration_ts(1795341780000);
    environment->set_snapshots(2);
    environment->set_reason("It expired.");
    writer->Write(response);
    auto* snapshot = response.mutable_snapshot();
    snapshot->set_name("\"a\".\"b\"");
    snapshot->set_identifier("1");
    snapshot->set_kind("FULL");
    snapshot->set_reason("No environment uses it.");
    writer->Write(response);
    auto* table = response.mutable_table();
    table->set_table("sqlmesh__a.a__b__1__dev");
    table->set_is_dev(true);
    writer->Write(response);
  }

  static pb::ExpiredSummary Summary() {
    pb::ExpiredSummary summary;
    summary.set_environments(1);
    summary.set_snapshots(1);
    summary.set_tables(1);
    summary.set_kept_by_ttl(4);
    return summary;
  }

  FakeServer& fake_;
};

FakeServer::FakeServer(std::shared_ptr<grpc::ServerCredentials> credentials)
    : state_(std::make_unique<StateImpl>(*this)),
      operations_(std::make_unique<OperationsImpl>(*this)),
      maintenance_(std::make_unique<MaintenanceImpl>(*this)) {
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
  builder.RegisterService(state_.get());
  builder.RegisterService(operations_.get());
  builder.RegisterService(maintenance_.get());
  server_ = builder.BuildAndStart();
}

FakeServer::~FakeServer() { Stop(); }

void FakeServer::Stop() {
  Handover handover;
  server_->Shutdown(std::chrono::system_clock::now());
}

grpc::Status FakeServer::Begin(grpc::ServerContext* context, const std::string& method) {
  {
    std::lock_guard lock(mutex_);
    ++calls_[method];
    auto found = context->client_metadata().find("authorization");
    if (found != context->client_metadata().end()) {
      authorizations_.emplace_back(found->second.data(), found->second.size());
    }
  }
  return on_any ? on_any(method) : grpc::Status::OK;
}

std::vector<std::string> FakeServer::authorizations() {
  std::lock_guard lock(mutex_);
  return authorizations_;
}

int FakeServer::calls(const std::string& method) {
  std::lock_guard lock(mutex_);
  return calls_[method];
}

CannedExport MakeExport() {
  CannedExport canned;
  auto* header = canned.messages.emplace_back().mutable_header();
  header->set_gateway("local");
  header->set_database("shop_tx");
  header->set_state_schema("sqlmesh");
  *header->mutable_versions() = NewestVersions();
  header->mutable_counts()->set_snapshots(2);
  header->mutable_counts()->set_environments(1);
  header->mutable_read_time()->set_seconds(1795341787);  // 2026-11-22 10:03:07
  header->mutable_read_time()->set_nanos(654000000);

  auto add = [&](pb::Section section, const char* name, const char* json, bool continued) {
    auto* record = canned.messages.back().mutable_records()->add_records();
    record->set_section(section);
    record->set_name(name);
    record->set_json(json);
    record->set_continued(continued);
  };
  canned.messages.emplace_back();
  add(pb::SECTION_SNAPSHOTS, "\"a\"", "{\"name\":\"\\\"a\\\"\"}", false);
  add(pb::SECTION_SNAPSHOTS, "\"b\"", "{\"name\":", true);
  canned.messages.emplace_back();
  add(pb::SECTION_SNAPSHOTS, "\"b\"", "\"\\\"b\\\"\"}", false);
  add(pb::SECTION_ENVIRONMENTS, "prod", "{\"environment\":{},\"statements\":[]}", false);

  auto* trailer = canned.messages.emplace_back().mutable_trailer();
  trailer->mutable_counts()->set_snapshots(2);
  trailer->mutable_counts()->set_environments(1);
  trailer->set_state_token(std::string(64, 'a'));
  trailer->set_checksum(
      Sha256::Hex("{\"name\":\"\\\"a\\\"\"}\n{\"name\":\"\\\"b\\\"\"}\n{\"environment\":{},"
                  "\"statements\":[]}\n"));
  return canned;
}

std::string ExportedFile() {
  return R"({
  "metadata": {
    "timestamp": "2026-11-22 10:03:00+00:00",
    "file_version": 1,
    "importable": true,
    "stateserver": {
      "token": ")" +
         std::string(64, 'a') + R"("
    }
  },
  "versions": {
    "schema_version": 102,
    "sqlglot_version": "30.8.0",
    "sqlmesh_version": "0.236.4"
  },
  "snapshots": [
    {
      "name": "\"a\""
    },
    {
      "name": "\"b\""
    }
  ],
  "environments": {
    "prod": {
      "environment": {},
      "statements": []
    }
  }
})";
}

bool SendAll(const CannedExport& canned, grpc::ServerWriter<pb::ExportResponse>* writer) {
  for (const auto& message : canned.messages) {
    if (!writer->Write(message)) return false;
  }
  return true;
}

std::vector<pb::ImportRequest> ReadImport(ImportServerStream* stream) {
  std::vector<pb::ImportRequest> requests;
  pb::ImportRequest request;
  while (stream->Read(&request)) {
    requests.push_back(request);
    if (request.has_commit()) break;
  }
  return requests;
}

pb::ImportResponse ImportedResponse(const std::vector<pb::ImportRequest>& requests) {
  pb::ImportResponse response;
  auto* result = response.mutable_result();
  const auto& begin = requests.front().begin();
  const auto& commit = requests.back().commit();
  *result->mutable_operation() = SomeOperation(begin.operation_id());
  result->mutable_file()->set_snapshots(commit.snapshots());
  result->mutable_file()->set_environments(commit.environments());
  result->mutable_snapshots()->set_inserted(commit.snapshots());
  result->mutable_environments()->set_inserted(commit.environments());
  result->set_dry_run(begin.dry_run());
  if (begin.mode() == pb::IMPORT_MODE_REPLACE) {
    result->set_restore_point_id("cccccccc-7425-40de-944b-e07fc1f90ae7");
  }
  return response;
}

}  // namespace stateserver::client
