// SPDX-License-Identifier: Apache-2.0
//
// Lists the environments of the default gateway: name, number of snapshots, and when they were
// finalized, if they were.
#include <chrono>
#include <ctime>
#include <iomanip>
#include <iostream>

#include "connection.h"
#include "stateserver/v1/state.grpc.pb.h"

namespace pb = stateserver::v1;

namespace {

void Print(const pb::EnvironmentSummary& environment) {
  std::cout << environment.name() << '\t' << environment.snapshots() << '\t';
  if (!environment.has_finalized_ts()) {
    std::cout << "-\n";
    return;
  }
  auto seconds = static_cast<std::time_t>(environment.finalized_ts() / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::cout << std::put_time(&utc, "%Y-%m-%d %H:%M:%S") << '\n';
}

}  // namespace

int main() {
  auto stub = pb::StateService::NewStub(example::Connect());
  pb::ListEnvironmentsRequest request;
  do {
    pb::ListEnvironmentsResponse page;
    grpc::Status status = example::Retrying([&] {
      auto context = example::NewContext();
      context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
      return stub->ListEnvironments(context.get(), request, &page);
    });
    if (!status.ok()) return example::Failed(status);
    for (const pb::EnvironmentSummary& environment : page.environments()) Print(environment);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return 0;
}
