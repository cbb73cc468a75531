// SPDX-License-Identifier: Apache-2.0
//
// Calls that run revisions: they send the files and receive events.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/connection/client.h"
#include "client/errors.h"
#include "client/revisions/folder.h"
#include "client/revisions/run_view.h"
#include "client/schema/sources.h"
#include "stateserver/v1/schema.pb.h"

namespace stateserver::client {

// Calls `send(name, piece)` for each piece of each file. Returns false as soon as `send` does.
template <typename Send>
bool SendPieces(const std::vector<SchemaText>& files, Send send) {
  constexpr size_t kPiece = size_t{512} << 10;
  for (const SchemaText& file : files) {
    for (size_t at = 0; at == 0 || at < file.text.size(); at += kPiece) {
      if (!send(file.name, file.text.substr(at, kPiece))) return false;
    }
  }
  return true;
}

// Writes the files to the stream, as messages with a field `revision_file`.
template <typename Request, typename Stream>
bool SendRevisionFiles(Stream& stream, const std::vector<SchemaText>& files) {
  return SendPieces(files, [&](const std::string& name, std::string piece) {
    Request request;
    request.mutable_revision_file()->set_name(name);
    request.mutable_revision_file()->set_text(std::move(piece));
    return stream.Write(request);
  });
}

struct RunAnswer {
  RunPlan plan;
  pb::RunResult result;
  // True if the stream broke; the result then holds only the server's record.
  bool recovered = false;
};

// Determines the outcome after a lost stream. Returns the operation's record if it succeeded,
// otherwise the error with the current state of the run. `lost` must not be OK.
absl::StatusOr<pb::Operation> SettleRun(Session& session, Client& client,
                                        const pb::RunOptions& options, const absl::Status& lost);

// Sends `begin` and the files, and reads events to the end. `on_plan` receives the whole plan once;
// `on_statement` receives every statement.
template <typename Request, typename Response, typename Stream, typename Begin>
absl::StatusOr<RunAnswer> FollowRun(
    Session& session, Client& client, Stream& stream, const Begin& begin,
    const RevisionFolder& folder, const std::function<void(const RunPlan&)>& on_plan,
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
    if (answer.plan.Add(event)) continue;
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

// Records revisions as applied without running them.
absl::StatusOr<pb::StampResponse> RunStamp(Client& client, const pb::StampBegin& begin,
                                           const std::vector<SchemaText>& files);

}  // namespace stateserver::client
