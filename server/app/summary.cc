// SPDX-License-Identifier: Apache-2.0

#include "server/app/summary.h"

#include <vector>

#include "common/error.h"
#include "common/text.h"
#include "server/platform/config/flags.h"
#include "server/platform/config/loader.h"

namespace stateserver::app {
namespace {

std::string Join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

std::string GatewayNames(const gateways::GatewayRegistry& gateways) {
  std::vector<std::string> names;
  for (const gateways::GatewayPtr& gateway : gateways.All()) {
    names.push_back(gateway->name + (gateway->is_default ? " (default)" : ""));
  }
  return names.empty() ? "none" : Join(names);
}

telemetry::Fields ErrorFields(const absl::Status& status) {
  telemetry::Fields fields = {{"reason", ReasonName(ReasonOf(status))},
                              {"error", MessageOf(status)}};
  if (std::string hint = HintOf(status); !hint.empty()) fields.push_back({"hint", hint});
  return fields;
}

std::string ErrorText(const absl::Status& status) {
  std::string text = Cat(MessageOf(status), "\n");
  if (std::string hint = HintOf(status); !hint.empty()) text += "Hint: " + hint + "\n";
  return text;
}

void LogRemarks(const config::Config& config, telemetry::Logger& logger) {
  if (!config.unused_keys.empty()) {
    logger.Log(telemetry::LogLevel::kInfo, "These keys of the configuration have no effect here",
               {{"keys", Join(config.unused_keys)}});
  }
  for (const config::Remark& remark : config::RemarksOn(config)) {
    logger.Log(telemetry::LogLevel::kWarning, Cat(remark.key, ": ", remark.sentence),
               {{"hint", remark.hint}});
  }
}

void LogNeedsRestart(const config::Config& before, const config::Config& after,
                     telemetry::Logger& logger) {
  std::vector<std::string> keys = config::ChangesThatNeedRestart(before, after);
  if (keys.empty()) return;
  logger.Log(telemetry::LogLevel::kWarning, "These changes take effect with the next start",
             {{"keys", Join(keys)}});
}

}  // namespace stateserver::app
