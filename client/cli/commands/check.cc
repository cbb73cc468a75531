// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "client/cli/commands/commands.h"
#include "client/cli/output/json.h"
#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "common/text.h"

namespace stateserver::client {
namespace {

struct CheckReport {
  google::protobuf::RepeatedPtrField<pb::Finding> findings;
  pb::CheckResult result;
};

// Converts "DANGLING_REFERENCE" to "dangling reference".
std::string KindWords(pb::FindingKind kind) {
  std::string text = pb::FindingKind_Name(kind);
  constexpr std::string_view kPrefix = "FINDING_KIND_";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  std::replace(text.begin(), text.end(), '_', ' ');
  return Lower(text);
}

absl::StatusOr<CheckReport> Check(Session& session, Client& client) {
  pb::CheckRequest request;
  request.set_gateway(session.gateway());
  auto stream = client.Check(request);
  CheckReport report;
  bool complete = false;
  pb::CheckResponse response;
  while (stream->Read(&response)) {
    if (response.has_finding()) *report.findings.Add() = response.finding();
    if (!response.has_result()) continue;
    report.result = response.result();
    complete = true;
  }
  RETURN_IF_ERROR(stream->Finish());
  if (complete) return report;
  return ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
}

void PrintFindings(std::ostream& out, const CheckReport& report) {
  for (const pb::FindingCount& count : report.result.counts()) {
    out << KindWords(count.kind()) << " (" << count.count() << ")\n";
    int64_t shown = 0;
    std::string hint;
    for (const pb::Finding& finding : report.findings) {
      if (finding.kind() != count.kind()) continue;
      out << "  " << Printable(finding.message()) << '\n';
      // Prints equal consecutive hints only once.
      if (finding.hint() != hint) out << "    " << Printable(finding.hint()) << '\n';
      hint = finding.hint();
      ++shown;
    }
    if (count.count() > shown) out << "  … and " << count.count() - shown << " more\n";
  }
}

void Print(Session& session, const CheckReport& report) {
  const pb::CheckResult& result = report.result;
  PrintFindings(session.out(), report);
  session.out() << (result.findings() == 0 ? "No findings" : Count(result.findings(), "finding"))
                << " in " << Count(result.snapshots(), "snapshot") << ", "
                << Count(result.environments(), "environment") << ", "
                << Count(result.interval_rows(), "interval row") << '\n';
  PrintNotes(session.console(), result.notes());
}

std::string ReportJson(const CheckReport& report) {
  std::string findings = "[";
  for (const pb::Finding& finding : report.findings) {
    AppendTo(&findings, findings.size() == 1 ? "" : ",", ToJson(finding));
  }
  return JsonObject().Fields(report.result).Raw("first_findings", findings + "]").Finish();
}

absl::Status RunCheck(Session& session) {
  session.set_failed_code(kExitNotCompared);
  ASSIGN_OR_RETURN(Client * client, session.client());
  ASSIGN_OR_RETURN(CheckReport report, Check(session, *client));
  if (session.json()) {
    session.out() << ReportJson(report) << '\n';
  } else {
    Print(session, report);
  }
  if (report.result.findings() > 0) session.set_done_code(kExitFindings);
  return absl::OkStatus();
}

}  // namespace

Command CheckCommand() {
  return {"check", kMaintenanceGroup, "look for inconsistencies in a state (exit code 1: found)",
          [](Arguments&) -> Command::Run { return RunCheck; }};
}

}  // namespace stateserver::client
