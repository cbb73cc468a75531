// SPDX-License-Identifier: Apache-2.0
//
// The method StateService.Diagnose.
#include "absl/time/clock.h"
#include "common/version.h"
#include "server/diagnosis/diagnose.h"
#include "server/platform/auth/identity.h"
#include "server/platform/auth/rules.h"
#include "server/rpc/sqlmesh/state_service.h"
#include "server/rpc/state_access.h"

namespace stateserver::rpc {
namespace {

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

grpc::Status StateServiceImpl::Diagnose(grpc::ServerContext* call,
                                        const v1::DiagnoseRequest* request,
                                        v1::DiagnoseResponse* response) {
  return RunRead(call, "Diagnose", context_.rpc, *request,
                 [&](CallContext& context, CallNotes& notes) -> absl::Status {
                   ASSIGN_OR_RETURN(auto gateway,
                                    FindGateway(context_, request->gateway(),
                                                {auth::Action::kDiagnose, ""}, context, notes));
                   response->set_gateway(gateway->name);
                   response->set_principal(context.principal);
                   config::Role role = context.identity->RoleOn(gateway->name);
                   response->set_role(std::string(config::RoleName(role)));
                   for (std::string_view kind : auth::KindsBeyond(role)) {
                     response->add_beyond_role(std::string(kind));
                   }
                   response->set_server_time_ms(absl::ToUnixMillis(absl::Now()));
                   response->set_server_version(std::string(Version()));
                   for (diagnosis::Diagnosis& finding : diagnosis::Diagnose(*gateway, context)) {
                     v1::Diagnosis* out = response->add_findings();
                     out->set_name(std::move(finding.name));
                     out->set_verdict(VerdictToProto(finding.verdict));
                     out->set_message(std::move(finding.message));
                     out->set_hint(std::move(finding.hint));
                     for (std::string& command : finding.commands)
                       out->add_commands(std::move(command));
                   }
                   return absl::OkStatus();
                 });
}

}  // namespace stateserver::rpc
