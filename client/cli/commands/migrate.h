// SPDX-License-Identifier: Apache-2.0
//
// Progress of an operation as one bar with the name of its step below.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "client/cli/output/progress.h"
#include "client/cli/output/text.h"
#include "client/cli/session.h"
#include "client/transfer/outcome.h"

namespace stateserver::client {

// Works like FollowOperation and draws a bar named `title`.
template <typename Result, typename Response>
absl::StatusOr<OperationEnd<Result>> FollowInOneBar(Session& session, Client& client,
                                                    std::unique_ptr<ServerStream<Response>> stream,
                                                    OperationAt at, std::string title) {
  ProgressBars bars(session.console(), {std::move(title)});
  bars.Start();
  int64_t total = 0;
  auto end =
      FollowOperation<Response, Result>(client, *stream, std::move(at), [&](const auto& progress) {
        total = progress.total();
        bars.SetStatus(Printable(progress.phase()));
        bars.Update(0, progress.done(), total);
      });
  if (end.ok()) bars.Complete(0, total);
  return end;
}

}  // namespace stateserver::client
