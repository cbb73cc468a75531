// SPDX-License-Identifier: Apache-2.0

#include "server/app/refusal_reporter.h"

namespace stateserver::app {
namespace {

constexpr absl::Duration kReportInterval = absl::Minutes(1);

}  // namespace

RefusalReporter::RefusalReporter(gateways::GatewayRegistry& gateways,
                                 operations::RefusalLimit& refusals)
    : gateways_(gateways), refusals_(refusals), task_([this] {
        Report();
        return kReportInterval;
      }) {}

void RefusalReporter::Report() {
  for (const operations::RefusalLimit::LeftOut& one : refusals_.TakeLeftOut()) {
    auto gateway = gateways_.FindState(one.gateway);
    if (gateway.ok()) operations::RecordLeftOut(*(*gateway)->pool, (*gateway)->state_schema, one);
  }
}

}  // namespace stateserver::app
