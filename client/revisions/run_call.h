// SPDX-License-Identifier: Apache-2.0
//
// The calls that run revisions: their files go along, and what happens comes back.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/errors.h"
#include "client/revisions/folder.h"
#include "client/revisions/run_view.h"
#include "client/revisions/send_files.h"

namespace stateserver::client {

struct RunAnswer {
  pb::RunPlan plan;
  pb::RunResult result;
  // The stream broke; the result holds only what the server's record says.
  bool recovered = false;
};

// What a lost stream means: the operation's record where it succeeded, and
// otherwise the error with where things stand. `lost` is not OK.
absl::StatusOr<pb::Operation> SettleRun(Session& session, Client& client,
                                        const pb::RunOptions& options, const absl::Status& lost);

// Sends `begin` and the files, and follows to the end. `on_plan` gets the whole
// plan once; `on_statement` every statement.
template <typename Request, typename Response, typename Stream, typename Begin>
absl::StatusOr<RunAnswer> FollowRun(
    Session& session, Client& client, Stream& stream, const Begin& begin,
    const RevisionFolder& folder, const std::function<void(const pb::RunPlan&)>& on_plan,
    const std::function<void(const pb::StatementProgress&)>& on_statement) {
  Request request;
  *request.mutable_begin() = begin;
  bool sent = stream.Write(request) && SendRevisionFiles<Request>(stream, folder.files);
  if (sent) stream.WritesDone();
  RunAnswer answer;
  bool planned = false, ended = false;
  auto plan_is_whole = [&] {
    if (!std::exchange(planned, true)) on_plan(answer.plan);
  };
  Response response;
  while (stream.Read(&response)) {
    const pb::RunEvent& event = response.event();
    if (event.has_plan()) {
      answer.plan.MergeFrom(event.plan());
      continue;
    }
    plan_is_whole();
    if (event.has_statement()) on_statement(event.statement());
    if (event.has_result()) {
      answer.result = event.result();
      ended = true;
    }
  }
  absl::Status status = stream.Finish();
  if (ended) return answer;
  if (status.ok()) {
    status = ClientError(ClientReason::STREAM_INCOMPLETE, "The answer ended without a result.");
  }
  if (begin.options().dry_run()) return status;
  ASSIGN_OR_RETURN(*answer.result.mutable_operation(),
                   SettleRun(session, client, begin.options(), status));
  answer.recovered = true;
  return answer;
}

}  // namespace stateserver::client
