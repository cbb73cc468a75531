// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/call_commands.h"
#include "client/cli/commands/commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "common/text.h"
#include "common/time.h"
#include "common/version.h"

namespace stateserver::client {
namespace {

// Tolerated difference between this machine's clock and the server's. Both decide when a token is
// expired.
constexpr absl::Duration kClockTolerance = absl::Seconds(5);

struct CheckedItem {
  // If empty, the finding concerns the connection and the server.
  std::string gateway;
  pb::Diagnosis diagnosis;
};
using Findings = std::vector<CheckedItem>;

pb::Diagnosis Diagnosis(std::string name, pb::DiagnosisVerdict verdict, std::string message,
                        std::string hint = "") {
  pb::Diagnosis out;
  out.set_name(std::move(name));
  out.set_verdict(verdict);
  out.set_message(std::move(message));
  out.set_hint(std::move(hint));
  return out;
}

pb::Diagnosis Failed(std::string name, const absl::Status& status) {
  ErrorReport report = Describe(status);
  return Diagnosis(std::move(name), pb::DIAGNOSIS_VERDICT_FAILED, report.message, report.hint);
}

pb::Diagnosis Passed(std::string name, std::string message) {
  return Diagnosis(std::move(name), pb::DIAGNOSIS_VERDICT_PASSED, std::move(message));
}

pb::Diagnosis Connection(const Settings& settings) {
  std::string with = settings.tls() ? "with TLS" : "in plain text";
  std::string token = settings.token.empty() ? "without a token" : "with a token";
  return Passed("connection", Cat(settings.server, " answers, ", with, " and ", token));
}

pb::Diagnosis Versions(const std::string& server) {
  std::string text = Cat("client ", Version(), ", server ", server);
  if (server == Version()) return Passed("versions", text);
  return Diagnosis(
      "versions", pb::DIAGNOSIS_VERDICT_WARNING, text,
      "Calls that only one of them knows do not work; use the same release if you can.");
}

pb::Diagnosis Clocks(absl::Time asked, absl::Time answered, int64_t server_ms) {
  absl::Duration apart = absl::FromUnixMillis(server_ms) - (asked + (answered - asked) / 2);
  if (absl::AbsDuration(apart) < kClockTolerance) {
    return Passed("clocks", Cat("this machine and the server are ", SizeText(apart), " apart"));
  }
  return Diagnosis("clocks", pb::DIAGNOSIS_VERDICT_WARNING,
                   Cat("the server's clock is ", SizeText(apart),
                       apart > absl::ZeroDuration() ? " ahead of" : " behind", " this machine's"),
                   "Synchronize both with a time server: tokens expire by these clocks.");
}

// Reports the calls that the caller's role does not allow.
pb::Diagnosis Caller(const pb::DiagnoseResponse& response) {
  pb::Diagnosis out =
      Passed("caller", Cat(response.principal(), " has the role ", EnumWord(response.role())));
  *out.mutable_calls() = response.beyond_role();
  return out;
}

pb::Diagnosis Unserved(const pb::Gateway& gateway) {
  return Diagnosis("state", pb::DIAGNOSIS_VERDICT_WARNING,
                   Cat("the state is in a connection of type ", gateway.unserved_state_type(),
                       ", which this server does not serve"),
                   gateway.unserved_state_hint());
}

class Doctor {
 public:
  Doctor(Session& session, Client& client) : session_(session), client_(client) {}

  // A failure of the connection itself ends the inspection and is the command's error.
  absl::StatusOr<Findings> Inspect() {
    ASSIGN_OR_RETURN(Health health, client_.CheckHealth(""));
    Add("", Connection(session_.settings()));
    if (health != Health::kServing) {
      Add("",
          Diagnosis("health", pb::DIAGNOSIS_VERDICT_FAILED, "the server does not accept calls now",
                    "It is about to stop: use another replica, or try again later."));
    }
    auto gateways = client_.ListGateways({});
    if (!gateways.ok()) {
      Add("", Failed("caller", gateways.status()));
      return std::move(findings_);
    }
    for (const pb::Gateway& gateway : gateways->gateways()) {
      if (!session_.gateway().empty() && gateway.name() != session_.gateway()) continue;
      if (gateway.state_type() != pb::STATE_TYPE_UNSPECIFIED) InspectGateway(gateway.name());
      if (!gateway.unserved_state_type().empty()) Add(gateway.name(), Unserved(gateway));
    }
    if (!seen_) {
      Add("", Diagnosis("gateways", pb::DIAGNOSIS_VERDICT_FAILED,
                        "no gateway with a state is visible to you",
                        "`stateclient gateways` lists them."));
    }
    return std::move(findings_);
  }

 private:
  void Add(const std::string& gateway, pb::Diagnosis diagnosis) {
    findings_.push_back({gateway, std::move(diagnosis)});
  }

  void InspectGateway(const std::string& gateway) {
    pb::DiagnoseRequest request;
    request.set_gateway(gateway);
    absl::Time asked = absl::Now();
    auto response = client_.Diagnose(request);
    absl::Time answered = absl::Now();
    if (!response.ok()) {
      seen_ = true;
      Add(gateway, Failed("caller", response.status()));
      return;
    }
    if (!seen_) {
      Add("", Versions(response->server_version()));
      Add("", Clocks(asked, answered, ToMilliseconds(response->server_time())));
    }
    seen_ = true;
    Add(gateway, Caller(*response));
    for (const pb::Diagnosis& finding : response->findings()) Add(gateway, finding);
  }

  Session& session_;
  Client& client_;
  Findings findings_;
  bool seen_ = false;
};

std::string_view Mark(pb::DiagnosisVerdict verdict) {
  if (verdict == pb::DIAGNOSIS_VERDICT_PASSED) return "ok    ";
  return verdict == pb::DIAGNOSIS_VERDICT_WARNING ? "warn  " : "FAIL  ";
}

void Print(std::ostream& out, const Findings& findings) {
  constexpr size_t kNameWidth = 18;
  const std::string indent(8 + kNameWidth, ' ');
  std::string gateway;
  for (const CheckedItem& finding : findings) {
    if (finding.gateway != gateway) {
      gateway = finding.gateway;
      out << "\nGateway " << Printable(gateway) << '\n';
    }
    const pb::Diagnosis& diagnosis = finding.diagnosis;
    std::string name = Printable(diagnosis.name());
    name.resize(std::max(name.size() + 1, kNameWidth), ' ');
    out << "  " << Mark(diagnosis.verdict()) << name << Printable(diagnosis.message()) << '\n';
    if (!diagnosis.hint().empty()) out << indent << Printable(diagnosis.hint()) << '\n';
    if (diagnosis.calls().empty()) continue;
    std::string commands;
    for (const std::string& call : diagnosis.calls()) {
      AppendTo(&commands, commands.empty() ? "" : ", ", Printable(CommandOf(call)));
    }
    out << indent << "does not work: " << commands << '\n';
  }
}

std::string FindingsJson(const Findings& findings) {
  std::string list = "[";
  for (const CheckedItem& finding : findings) {
    if (list.size() > 1) list += ',';
    list += JsonObject().Text("gateway", finding.gateway).Fields(finding.diagnosis).Finish();
  }
  return JsonObject().Raw("findings", list + "]").Finish();
}

absl::Status RunDoctor(Session& session) {
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(Findings findings, Doctor(session, *client).Inspect());
  if (session.json()) {
    session.out() << FindingsJson(findings) << '\n';
  } else {
    Print(session.out(), findings);
  }
  bool failed = std::any_of(findings.begin(), findings.end(), [](const CheckedItem& finding) {
    return finding.diagnosis.verdict() == pb::DIAGNOSIS_VERDICT_FAILED;
  });
  if (failed) session.set_done_code(kExitFindings);
  return absl::OkStatus();
}

}  // namespace

Command DoctorCommand() {
  return {"doctor", kClientGroup,
          "look for problems with the connection, rights and clocks (exit code 1: found)",
          [](Arguments&) -> Command::Run { return RunDoctor; }};
}

}  // namespace stateserver::client
