// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/errors.h"

#include "client/cli/output/json.h"

namespace stateserver::client {
namespace {

std::string ErrorJson(const ErrorReport& report) {
  std::string inner = JsonObject()
                          .Text("code", report.code)
                          .Text("reason", report.reason)
                          .Text("message", report.message)
                          .Text("hint", report.hint)
                          .Text("operation", report.operation)
                          .Finish();
  return JsonObject().Raw("error", inner).Finish();
}

}  // namespace

void PrintError(Console& console, const absl::Status& status, bool json) {
  ErrorReport report = Describe(status);
  if (json) {
    console.err() << ErrorJson(report) << std::endl;
    return;
  }
  if (HasClientReason(status, ClientReason::ABORTED)) {
    console.err() << report.message << std::endl;
    return;
  }
  console.err() << console.Paint(Colour::kRed, "Error:") << ' ' << report.message << '\n';
  if (!report.hint.empty()) console.err() << report.hint << '\n';
  console.err() << std::flush;
}

}  // namespace stateserver::client
