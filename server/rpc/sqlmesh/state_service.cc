// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/sqlmesh/state_service.h"

#include "absl/time/clock.h"
#include "common/page_size.h"
#include "common/text.h"
#include "common/time.h"
#include "common/version.h"
#include "google/protobuf/util/json_util.h"
#include "server/diagnosis/diagnose.h"
#include "server/platform/auth/identity.h"
#include "server/platform/auth/rules.h"
#include "server/rpc/list_page.h"
#include "server/rpc/sqlmesh/convert.h"
#include "server/rpc/sqlmesh/export_method.h"
#include "server/rpc/sqlmesh/import_method.h"
#include "server/rpc/sqlmesh/migrate_file_method.h"
#include "server/rpc/sqlmesh/migrate_method.h"
#include "server/rpc/state_access.h"
#include "server/rpc/times.h"
#include "server/sqlmesh/store/reads.h"
#include "server/sqlmesh/store/versions.h"
#include "server/sqlmesh/transfer/newer_schema.h"
#include "server/sqlmesh/transfer/record_stream.h"

namespace stateserver::rpc {
namespace {

std::string PostgresVersion(int number) { return Cat(number / 10000, '.', number % 10000); }

absl::Status MissingField(std::string_view field) {
  return Error(Reason::ARGUMENT_INVALID, Cat("Field '", field, "' is empty"), "Give it a value.",
               {{"field", std::string(field)}});
}

absl::StatusOr<store::EnvironmentSummary> OneEnvironment(StateAccess& access,
                                                         const std::string& name) {
  ASSIGN_OR_RETURN(auto rows, store::ReadEnvironments(*access.session, access.schema(),
                                                      access.layout(), {name}));
  store::EnvironmentSummary summary;
  summary.row = std::move(rows.front());
  summary.expired = summary.row.expiration_ts.has_value() && *summary.row.expiration_ts <= NowMs();
  return summary;
}

// Returns what sorts the snapshots of an environment. A damaged one may name a model twice.
std::string PlaceOf(const store::SnapshotReference& snapshot) {
  return Cat(snapshot.name, '\x01', snapshot.identifier);
}

void AddRevocationProblems(const std::vector<std::string>& problems,
                           v1::DiagnoseResponse* response) {
  if (problems.empty()) return;
  v1::Diagnosis* out = response->add_findings();
  out->set_name("revocation lists");
  out->set_verdict(v1::DIAGNOSIS_VERDICT_WARNING);
  std::string message;
  for (const std::string& problem : problems) {
    AppendTo(&message, message.empty() ? "" : "; ", problem);
  }
  out->set_message(std::move(message));
  out->set_hint("Put a current list of the authority into tls.client_crl.");
}

v1::SnapshotReference ReferenceToProto(const store::SnapshotReference& snapshot) {
  v1::SnapshotReference out;
  out.set_name(snapshot.name);
  out.set_identifier(snapshot.identifier);
  out.set_version(snapshot.version);
  out.set_kind(snapshot.kind);
  out.set_exists(snapshot.exists);
  return out;
}

v1::SnapshotDifference DifferenceToProto(const store::SnapshotDifference& difference) {
  v1::SnapshotDifference out;
  const auto& [from, to] = difference;
  out.set_difference(from == nullptr ? v1::DIFFERENCE_KIND_ADDED
                     : to == nullptr ? v1::DIFFERENCE_KIND_REMOVED
                                     : v1::DIFFERENCE_KIND_CHANGED);
  const store::SnapshotReference& either = to != nullptr ? *to : *from;
  out.set_name(either.name);
  out.set_kind(either.kind);
  if (from != nullptr) {
    out.set_from_identifier(from->identifier);
    out.set_from_version(from->version);
  }
  if (to != nullptr) {
    out.set_to_identifier(to->identifier);
    out.set_to_version(to->version);
  }
  return out;
}

v1::StateType TypeOf(const gateways::Gateway& gateway) {
  return gateway.state_type == "embedded" ? v1::STATE_TYPE_EMBEDDED : v1::STATE_TYPE_POSTGRES;
}

// Adds what the row stores as JSON.
absl::Status StoredJsonToProto(const store::EnvironmentRow& row, v1::GetEnvironmentResponse* out) {
  auto corrupt = [&](std::string_view column) {
    return Error(Reason::STATE_CORRUPT,
                 Cat("Environment '", row.name, "': column ", column, " cannot be read"));
  };
  if (row.requirements.has_value()) {
    google::protobuf::Struct requirements;
    if (!google::protobuf::util::JsonStringToMessage(*row.requirements, &requirements).ok()) {
      return corrupt("requirements");
    }
    for (const auto& [package, version] : requirements.fields()) {
      (*out->mutable_requirements())[package] = version.string_value();
    }
  }
  if (row.statements.has_value() &&
      !google::protobuf::util::JsonStringToMessage(*row.statements, out->mutable_statements())
           .ok()) {
    return corrupt("statements");
  }
  return absl::OkStatus();
}

// Adds the notes of the state; `page_token` is that of the request.
template <typename Response>
void AddNotes(const StateAccess& access, std::string_view page_token, Response* response) {
  if (!page_token.empty()) return;
  for (const transfer::Note& note : access.notes) *response->add_notes() = ToProto(note);
}

// The versions are also returned of a state that cannot be read.
absl::Status AddVersionNotes(postgres::Session& session, const std::string& schema,
                             const store::Versions& versions, v1::GetVersionsResponse* response) {
  auto notes = transfer::NotesOfNewerSchema(session, schema, versions);
  if (!notes.ok() && ReasonOf(notes.status()) == Reason::STATE_AHEAD) {
    notes = std::vector<transfer::Note>{
        {"newer_schema", 1, std::string(MessageOf(notes.status())), {}}};
  }
  RETURN_IF_ERROR(notes.status());
  for (const transfer::Note& note : *notes) *response->add_notes() = ToProto(note);
  return absl::OkStatus();
}

v1::Role RoleToProto(config::Role role) {
  switch (role) {
    case config::Role::kReader:
      return v1::ROLE_READER;
    case config::Role::kWriter:
      return v1::ROLE_WRITER;
    case config::Role::kAdmin:
      return v1::ROLE_ADMIN;
    case config::Role::kNone:
      break;
  }
  return v1::ROLE_UNSPECIFIED;
}

v1::DiagnosisVerdict VerdictToProto(diagnosis::Verdict verdict) {
  switch (verdict) {
    case diagnosis::Verdict::kPassed:
      return v1::DIAGNOSIS_VERDICT_PASSED;
    case diagnosis::Verdict::kWarning:
      return v1::DIAGNOSIS_VERDICT_WARNING;
    case diagnosis::Verdict::kFailed:
      return v1::DIAGNOSIS_VERDICT_FAILED;
  }
  return v1::DIAGNOSIS_VERDICT_UNSPECIFIED;
}

}  // namespace

grpc::Status StateServiceImpl::Export(grpc::ServerContext* call, const v1::ExportRequest* request,
                                      grpc::ServerWriter<v1::ExportResponse>* writer) {
  return RunCall(call, "Export", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) {
                   return ServeExport(context_, exports_, *request, writer, context, notes);
                 });
}

grpc::Status StateServiceImpl::Import(grpc::ServerContext* call, ImportStream* stream) {
  return RunCall(call, "Import", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return ServeImport(context_, imports_, stream, context, notes);
  });
}

grpc::Status StateServiceImpl::Migrate(grpc::ServerContext* call, const v1::MigrateRequest* request,
                                       grpc::ServerWriter<v1::MigrateResponse>* writer) {
  return RunCall(call, "Migrate", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) {
                   return ServeMigrate(context_, *request, writer, context, notes);
                 });
}

grpc::Status StateServiceImpl::Rollback(grpc::ServerContext* call,
                                        const v1::RollbackRequest* request,
                                        grpc::ServerWriter<v1::RollbackResponse>* writer) {
  return RunCall(call, "Rollback", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) {
                   return ServeRollback(context_, *request, writer, context, notes);
                 });
}

grpc::Status StateServiceImpl::MigrateStateFile(grpc::ServerContext* call,
                                                MigrateFileStream* stream) {
  return RunCall(call, "MigrateStateFile", context_.rpc,
                 [&](CallContext& context, CallNotes& notes) {
                   return ServeMigrateStateFile(context_, imports_, stream, context, notes);
                 });
}

grpc::Status StateServiceImpl::ListGateways(grpc::ServerContext* call,
                                            const v1::ListGatewaysRequest* request,
                                            v1::ListGatewaysResponse* response) {
  return RunRead(call, "ListGateways", context_.rpc, *request,
                 [&](CallContext& context, CallNotes&) -> absl::Status {
                   RETURN_IF_ERROR(AuthorizeAnywhere(auth::Action::kListGateways, context));
                   for (const gateways::GatewayPtr& gateway : context_.gateways.All()) {
                     if (!MayKnow(*gateway, context)) continue;
                     v1::Gateway* out = response->add_gateways();
                     out->set_name(gateway->name);
                     out->set_is_default(gateway->is_default);
                     if (gateway->pool != nullptr) out->set_state_type(TypeOf(*gateway));
                     out->set_host(gateway->host);
                     out->set_port(gateway->port);
                     for (const std::string& address : gateway->addresses) {
                       out->add_addresses(address);
                     }
                     out->set_unserved_state_type(gateway->unserved_state_type);
                     out->set_unserved_state_hint(gateway->unserved_state_hint);
                     out->set_database(gateway->database);
                     out->set_user(gateway->user);
                     out->set_state_schema(gateway->state_schema);
                     if (gateway->warehouse_type == "starrocks") {
                       out->set_warehouse_type(v1::WAREHOUSE_TYPE_STARROCKS);
                     }
                   }
                   return absl::OkStatus();
                 });
}

grpc::Status StateServiceImpl::Diagnose(grpc::ServerContext* call,
                                        const v1::DiagnoseRequest* request,
                                        v1::DiagnoseResponse* response) {
  return RunRead(
      call, "Diagnose", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(auto gateway, FindGateway(context_, request->gateway(),
                                                   {auth::Action::kDiagnose, ""}, context, notes));
        response->set_gateway(gateway->name);
        response->set_principal(context.principal);
        config::Role role = context.identity->RoleOn(gateway->name);
        response->set_role(RoleToProto(role));
        for (std::string& call : auth::CallsBeyond(role)) {
          response->add_beyond_role(std::move(call));
        }
        SetTime(absl::Now(), response->mutable_server_time());
        response->set_server_version(std::string(Version()));
        auto workers = context_.workers().CheckFingerprints();
        for (diagnosis::Diagnosis& finding : diagnosis::Diagnose(*gateway, context, workers)) {
          v1::Diagnosis* out = response->add_findings();
          out->set_name(std::move(finding.name));
          out->set_verdict(VerdictToProto(finding.verdict));
          out->set_message(std::move(finding.message));
          out->set_hint(std::move(finding.hint));
          for (std::string& call : finding.calls) out->add_calls(std::move(call));
        }
        AddRevocationProblems(context_.rpc.revocation_problems(), response);
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::GetVersions(grpc::ServerContext* call,
                                           const v1::GetVersionsRequest* request,
                                           v1::GetVersionsResponse* response) {
  return RunRead(call, "GetVersions", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kGetVersions, ""}, context, notes));
                   ASSIGN_OR_RETURN(auto session, gateway->pool->Acquire(context));
                   ASSIGN_OR_RETURN(auto versions,
                                    store::ReadVersions(*session, gateway->state_schema));
                   response->set_gateway(gateway->name);
                   response->set_database(gateway->database);
                   response->set_state_schema(gateway->state_schema);
                   if (versions.has_value()) *response->mutable_state() = ToProto(*versions);
                   *response->mutable_newest() = ToProto(store::NewestVersions());
                   response->set_server_version(std::string(Version()));
                   response->set_postgres_version(PostgresVersion(session->server_version()));
                   if (!versions.has_value()) return absl::OkStatus();
                   return AddVersionNotes(*session, gateway->state_schema, *versions, response);
                 });
}

grpc::Status StateServiceImpl::ListEnvironments(grpc::ServerContext* call,
                                                const v1::ListEnvironmentsRequest* request,
                                                v1::ListEnvironmentsResponse* response) {
  return RunRead(
      call, "ListEnvironments", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(int size, PageSize(request->page_size()));
        ASSIGN_OR_RETURN(StateAccess access,
                         OpenForRead(context_, request->gateway(), auth::Action::kListEnvironments,
                                     context, notes));
        AddNotes(access, request->page_token(), response);
        ASSIGN_OR_RETURN(auto environments, store::ListEnvironments(
                                                *access.session, access.schema(), access.layout()));
        response->set_next_page_token(FillPageAfter(
            request->page_token(), std::move(environments),
            [](const auto& one) { return one.row.name; },
            [](const auto& one) { return ToProto(one); }, size, response->mutable_environments()));
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::GetEnvironment(grpc::ServerContext* call,
                                              const v1::GetEnvironmentRequest* request,
                                              v1::GetEnvironmentResponse* response) {
  return RunRead(call, "GetEnvironment", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   if (request->name().empty()) return MissingField("name");
                   ASSIGN_OR_RETURN(StateAccess access,
                                    OpenForRead(context_, request->gateway(),
                                                auth::Action::kGetEnvironment, context, notes));
                   AddNotes(access, "", response);
                   ASSIGN_OR_RETURN(auto summary, OneEnvironment(access, request->name()));
                   ASSIGN_OR_RETURN(
                       auto snapshots,
                       store::EnvironmentSnapshots(*access.session, access.schema(), summary.row));
                   summary.snapshots = static_cast<int64_t>(snapshots.size());
                   *response->mutable_summary() = ToProto(summary);
                   const store::EnvironmentRow& row = summary.row;
                   response->set_previous_plan_id(row.previous_plan_id.value_or(""));
                   response->set_catalog_name_override(row.catalog_name_override.value_or(""));
                   response->set_normalize_name(row.normalize_name.value_or(true));
                   response->set_gateway_managed(row.gateway_managed.value_or(false));
                   ASSIGN_OR_RETURN(int64_t promoted, store::CountPromoted(row, summary.snapshots));
                   response->set_promoted(promoted);
                   return StoredJsonToProto(row, response);
                 });
}

grpc::Status StateServiceImpl::ListEnvironmentSnapshots(
    grpc::ServerContext* call, const v1::ListEnvironmentSnapshotsRequest* request,
    v1::ListEnvironmentSnapshotsResponse* response) {
  return RunRead(
      call, "ListEnvironmentSnapshots", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        if (request->environment().empty()) return MissingField("environment");
        ASSIGN_OR_RETURN(int size, PageSize(request->page_size()));
        ASSIGN_OR_RETURN(StateAccess access,
                         OpenForRead(context_, request->gateway(),
                                     auth::Action::kListEnvironmentSnapshots, context, notes));
        AddNotes(access, request->page_token(), response);
        ASSIGN_OR_RETURN(auto summary, OneEnvironment(access, request->environment()));
        ASSIGN_OR_RETURN(auto snapshots, store::EnvironmentSnapshots(*access.session,
                                                                     access.schema(), summary.row));
        response->set_environment(summary.row.name);
        response->set_next_page_token(FillPageAfter(request->page_token(), std::move(snapshots),
                                                    PlaceOf, ReferenceToProto, size,
                                                    response->mutable_snapshots()));
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::ListSnapshots(grpc::ServerContext* call,
                                             const v1::ListSnapshotsRequest* request,
                                             v1::ListSnapshotsResponse* response) {
  return RunRead(
      call, "ListSnapshots", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(int size, PageSize(request->page_size()));
        ASSIGN_OR_RETURN(StateAccess access,
                         OpenForRead(context_, request->gateway(), auth::Action::kListSnapshots,
                                     context, notes));
        AddNotes(access, request->page_token(), response);
        store::SnapshotFilter filter{request->environment(), request->name_glob()};
        ASSIGN_OR_RETURN(auto page,
                         store::ListSnapshots(*access.session, access.schema(), access.layout(),
                                              filter, size, request->page_token()));
        response->set_environment(page.environment);
        response->set_next_page_token(page.next_page_token);
        size_t listed = FillPage(
            page.snapshots, [](const auto& one) { return ToProto(one); },
            response->mutable_snapshots());
        if (listed < page.snapshots.size()) {
          response->set_next_page_token(store::PageTokenAfter(page.snapshots[listed - 1], filter));
        }
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::GetSnapshot(grpc::ServerContext* call,
                                           const v1::GetSnapshotRequest* request,
                                           v1::GetSnapshotResponse* response) {
  return RunRead(
      call, "GetSnapshot", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        if (request->name().empty()) return MissingField("name");
        ASSIGN_OR_RETURN(
            StateAccess access,
            OpenForRead(context_, request->gateway(), auth::Action::kGetSnapshot, context, notes));
        ASSIGN_OR_RETURN(transfer::OneSnapshot one,
                         transfer::ReadSnapshot(*access.session, access.schema(), access.versions,
                                                request->name(), request->identifier()));
        AddNotes(access, "", response);
        *response->mutable_summary() = ToProto(one.summary);
        response->set_json(one.json);
        for (std::string& name : one.environments) response->add_environments(std::move(name));
        for (std::string& other : one.others) response->add_others(std::move(other));
        return absl::OkStatus();
      });
}

grpc::Status StateServiceImpl::DiffEnvironments(grpc::ServerContext* call,
                                                const v1::DiffEnvironmentsRequest* request,
                                                v1::DiffEnvironmentsResponse* response) {
  return RunRead(call, "DiffEnvironments", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   if (request->from().empty()) return MissingField("from");
                   if (request->to().empty()) return MissingField("to");
                   ASSIGN_OR_RETURN(int size, PageSize(request->page_size()));
                   ASSIGN_OR_RETURN(StateAccess access,
                                    OpenForRead(context_, request->gateway(),
                                                auth::Action::kDiffEnvironments, context, notes));
                   AddNotes(access, request->page_token(), response);
                   ASSIGN_OR_RETURN(auto from, OneEnvironment(access, request->from()));
                   ASSIGN_OR_RETURN(auto to, OneEnvironment(access, request->to()));
                   ASSIGN_OR_RETURN(auto before, store::EnvironmentSnapshots(
                                                     *access.session, access.schema(), from.row));
                   ASSIGN_OR_RETURN(auto after, store::EnvironmentSnapshots(
                                                    *access.session, access.schema(), to.row));
                   store::EnvironmentDifference difference = store::DiffEnvironments(before, after);
                   response->set_from(from.row.name);
                   response->set_to(to.row.name);
                   response->set_unchanged(difference.unchanged);
                   response->set_next_page_token(FillPageAfter(
                       request->page_token(), std::move(difference.differences),
                       [](const auto& one) { return one.name(); }, DifferenceToProto, size,
                       response->mutable_differences()));
                   return absl::OkStatus();
                 });
}

grpc::Status StateServiceImpl::GetStats(grpc::ServerContext* call,
                                        const v1::GetStatsRequest* request,
                                        v1::GetStatsResponse* response) {
  return RunRead(
      call, "GetStats", context_.rpc, *request,
      [&](CallContext& context, CallNotes& notes) -> absl::Status {
        ASSIGN_OR_RETURN(StateAccess access, OpenForRead(context_, request->gateway(),
                                                         auth::Action::kGetStats, context, notes));
        ASSIGN_OR_RETURN(store::Stats stats,
                         store::GetStats(*access.session, access.schema(), access.layout()));
        *response->mutable_versions() = ToProto(access.versions);
        AddNotes(access, "", response);
        for (const auto& table : stats.tables) {
          v1::TableStats* out = response->add_tables();
          out->set_name(table.name);
          out->set_rows(table.rows);
          out->set_bytes(table.bytes);
        }
        for (const auto& [kind, count] : stats.kinds) {
          v1::KindStats* out = response->add_kinds();
          out->set_kind(kind);
          out->set_snapshots(count);
        }
        response->set_snapshots(stats.snapshots);
        response->set_environments(stats.environments);
        response->set_expired_environments(stats.expired_environments);
        response->set_interval_rows(stats.interval_rows);
        response->set_unused_snapshots(stats.unused_snapshots);
        response->set_bytes(stats.bytes);
        return absl::OkStatus();
      });
}

}  // namespace stateserver::rpc
