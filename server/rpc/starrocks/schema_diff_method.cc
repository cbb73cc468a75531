// SPDX-License-Identifier: Apache-2.0
//
// SchemaService.Diff.
#include <cstdio>

#include "common/error.h"
#include "common/text.h"
#include "server/rpc/message_size.h"
#include "server/rpc/starrocks/schema_convert.h"
#include "server/rpc/starrocks/schema_service.h"
#include "server/rpc/starrocks/schema_sources.h"
#include "server/starrocks/diff/lint/lint.h"
#include "server/starrocks/diff/plan/planner.h"

namespace stateserver::rpc {
namespace {

using DiffStream = grpc::ServerReaderWriter<v1::DiffResponse, v1::DiffRequest>;

// Sends lists in pieces.
class Answer {
 public:
  Answer(DiffStream* stream, CallNotes& notes) : stream_(stream), notes_(notes) {}

  v1::DiffResponse* piece() { return &piece_; }
  void Added(size_t bytes) {
    bytes_ += bytes;
    if (bytes_ >= kMessageBytes) Flush();
  }
  void Flush() {
    Deliver(stream_, piece_, notes_);
    piece_.Clear();
    bytes_ = 0;
  }

 private:
  DiffStream* const stream_;
  CallNotes& notes_;
  v1::DiffResponse piece_;
  size_t bytes_ = 0;
};

template <typename Items, typename AddTo>
void SendAll(const Items& items, Answer* answer, AddTo add) {
  for (const auto& item : items) {
    auto message = ToProto(item);
    size_t bytes = message.ByteSizeLong();
    *add(answer->piece()) = std::move(message);
    answer->Added(bytes);
  }
}

class DiffCall {
 public:
  DiffCall(const ServiceContext& context, DiffStream* stream, CallContext& call, CallNotes& notes)
      : context_(context), stream_(stream), call_(call), notes_(notes), meter_(MeterOf(call)) {}

  absl::Status Run() {
    RETURN_IF_ERROR(ReceiveBegin());
    bool from_live = begin_.from() != v1::SCHEMA_SIDE_DECLARED;
    bool to_live = begin_.to() == v1::SCHEMA_SIDE_LIVE;
    ASSIGN_OR_RETURN(scope_,
                     FindScope(context_, begin_.gateway(), begin_.database(), from_live || to_live,
                               {auth::Action::kDiff, ""}, call_, notes_));
    ASSIGN_OR_RETURN(Slots::Slot slot, TakeSchemaSlot(context_, scope_, call_));
    RETURN_IF_ERROR(ReceiveFiles());
    // All is read, for what reads what is looked at; the plan is about the rest.
    ASSIGN_OR_RETURN(schema::LiveSchema from, From(from_live));
    ASSIGN_OR_RETURN(std::vector<schema::Object> to, To(to_live));
    ASSIGN_OR_RETURN(schema::Filter filter, FilterOf(begin_.filter()));
    schema::PlanOptions options = Options(filter);
    ASSIGN_OR_RETURN(schema::Plan plan, MakePlan(from, from_live, to, options));
    for (const schema::UnreadObject& unread : from.unread) {
      if (filter.Takes(unread.name)) plan.warnings.push_back({unread.name, "", unread.reason});
    }
    notes_.Add("steps", static_cast<int64_t>(plan.steps.size()));
    notes_.Add("refusals", static_cast<int64_t>(plan.refusals.size()));
    Send(from, plan, schema::Lint(plan, to));
    return absl::OkStatus();
  }

 private:
  absl::Status ReceiveBegin() {
    v1::DiffRequest request;
    ASSIGN_OR_RETURN(bool begun, rpc::Receive(stream_, &request, notes_));
    if (!begun || !request.has_begin()) {
      return StreamOutOfOrder("the first message of Diff is not its begin");
    }
    begin_ = request.begin();
    return FilterOf(begin_.filter()).status();
  }

  absl::Status ReceiveFiles() {
    v1::DiffRequest request;
    while (true) {
      ASSIGN_OR_RETURN(bool more, rpc::Receive(stream_, &request, notes_));
      if (!more) break;
      if (request.has_from_file()) {
        RETURN_IF_ERROR(from_files_.Add(request.from_file()));
      } else if (request.has_to_file()) {
        RETURN_IF_ERROR(to_files_.Add(request.to_file()));
      } else {
        return StreamOutOfOrder("a message of Diff has no file");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<schema::Object>> Read(const FileCollector& files) {
    ASSIGN_OR_RETURN(schema::Declared declared,
                     ReadDeclared(files.files(), scope_.database, &meter_));
    RETURN_IF_ERROR(ToStatus(declared.problems));
    return std::move(declared.objects);
  }

  absl::StatusOr<schema::LiveSchema> From(bool live) {
    if (live) return ReadLive(scope_, nullptr, call_);
    schema::LiveSchema out;
    out.database = scope_.database;
    RETURN_IF_ERROR(ReadEngine(&out.engine.version));
    ASSIGN_OR_RETURN(std::vector<schema::Object> objects, Read(from_files_));
    for (schema::Object& object : objects) {
      out.objects.push_back({std::move(object), std::nullopt, ""});
    }
    return out;
  }

  absl::StatusOr<std::vector<schema::Object>> To(bool live) {
    if (!live) return Read(to_files_);
    ASSIGN_OR_RETURN(schema::LiveSchema schema, ReadLive(scope_, nullptr, call_));
    std::vector<schema::Object> out;
    for (schema::LiveObject& one : schema.objects) out.push_back(std::move(one.object));
    return out;
  }

  absl::Status ReadEngine(schema::EngineVersion* out) const {
    const std::string& text = begin_.engine_version();
    if (text.empty()) return absl::OkStatus();
    int end = 0;
    int read = std::sscanf(text.c_str(), "%d.%d.%d%n", &out->major, &out->minor, &out->patch, &end);
    if (read == 3 && static_cast<size_t>(end) == text.size()) return absl::OkStatus();
    return Error(Reason::ARGUMENT_INVALID, Cat("'", text, "' is no version of StarRocks."),
                 "It reads 4.0.4.", {{"field", "engine_version"}});
  }

  schema::PlanOptions Options(const schema::Filter& filter) {
    schema::PlanOptions options;
    for (const v1::SchemaRename& rename : begin_.renames()) {
      options.renames.push_back({rename.table(), rename.old_name(), rename.new_name()});
    }
    options.rebuild = {begin_.rebuild().begin(), begin_.rebuild().end()};
    options.drop_undeclared = begin_.drop_undeclared();
    options.partitions = begin_.partitions();
    options.looked_at = OfTheSchema(filter);
    options.meter = &meter_;
    return options;
  }

  void Send(const schema::LiveSchema& from, const schema::Plan& plan,
            const std::vector<schema::Finding>& findings) {
    Answer answer(stream_, notes_);
    *answer.piece()->mutable_engine() = ToProto(from.engine, from.database);
    SendAll(plan.steps, &answer, [](v1::DiffResponse* piece) { return piece->add_steps(); });
    SendAll(plan.refusals, &answer, [](v1::DiffResponse* piece) { return piece->add_refusals(); });
    SendAll(plan.warnings, &answer, [](v1::DiffResponse* piece) { return piece->add_warnings(); });
    SendAll(plan.unmanaged, &answer,
            [](v1::DiffResponse* piece) { return piece->add_unmanaged(); });
    SendAll(findings, &answer, [](v1::DiffResponse* piece) { return piece->add_findings(); });
    answer.Flush();
  }

  const ServiceContext& context_;
  DiffStream* const stream_;
  CallContext& call_;
  CallNotes& notes_;
  v1::DiffBegin begin_;
  FileCollector from_files_, to_files_;
  SchemaScope scope_;
  WorkMeter meter_;
};

}  // namespace

grpc::Status SchemaServiceImpl::Diff(grpc::ServerContext* call, DiffStream* stream) {
  return RunCall(call, "Diff", context_.rpc, [&](CallContext& context, CallNotes& notes) {
    return DiffCall(context_, stream, context, notes).Run();
  });
}

}  // namespace stateserver::rpc
