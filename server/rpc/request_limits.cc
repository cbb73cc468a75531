// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/request_limits.h"

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "common/error.h"
#include "common/text.h"
#include "google/protobuf/descriptor.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "stateserver/v1/maintenance.pb.h"
#include "stateserver/v1/operations.pb.h"
#include "stateserver/v1/revisions.pb.h"
#include "stateserver/v1/schema.pb.h"
#include "stateserver/v1/state.pb.h"

namespace stateserver::rpc {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// FieldLimit is the limit of a kind of field: bytes of one value and, if it is repeated, the number
// of values.
struct FieldLimit {
  size_t bytes;
  size_t values = 1;
};

// Names of gateways, databases, environments, models, tables, files and revisions.
inline constexpr FieldLimit kName{1024};
inline constexpr FieldLimit kNames{1024, 10'000};
// UUIDs, identifiers and fingerprints.
inline constexpr FieldLimit kId{128};
// Digests and state tokens that this server made.
inline constexpr FieldLimit kDigest{256};
// Tokens of a page contain the names of its last entry and the filters.
inline constexpr FieldLimit kPageToken{64 << 10};
// Patterns are matched against every name, so only a few are allowed.
inline constexpr FieldLimit kGlob{1024};
inline constexpr FieldLimit kGlobs{1024, 1'000};
inline constexpr FieldLimit kMessage{4096};
// Versions and times, as text.
inline constexpr FieldLimit kVersion{128};
inline constexpr FieldLimit kProperties{0, 100};
// Messages; their own fields have separate rows.
inline constexpr FieldLimit kPieces{0, 10'000};
inline constexpr FieldLimit kRecords{0, 100'000};
// One piece of a file; stateclient sends half of it at a time.
inline constexpr FieldLimit kContent{1 << 20};
// transfer::kMaxPartBytes, which the import checks and reports.
inline constexpr FieldLimit kElsewhere{std::numeric_limits<size_t>::max()};

struct FieldRow {
  // A name such as "ImportBegin.gateway".
  std::string_view field;
  FieldLimit limit;
};

// clang-format off
constexpr FieldRow kFields[] = {
    {"AutogenerateBegin.branch_labels", kNames},
    {"AutogenerateBegin.depends_on", kNames},
    {"AutogenerateBegin.head", kName},
    {"AutogenerateBegin.id", kName},
    {"AutogenerateBegin.message", kMessage},
    {"AutogenerateBegin.rebuild", kNames},
    {"AutogenerateBegin.renames", kPieces},
    {"CancelOperationRequest.gateway", kName},
    {"CancelOperationRequest.id", kId},
    {"CheckRequest.gateway", kName},
    {"CompactRequest.gateway", kName},
    {"CompactRequest.operation_id", kId},
    {"DeleteExpiredRequest.environment", kName},
    {"DeleteExpiredRequest.gateway", kName},
    {"DeleteExpiredRequest.if_unchanged_since", kDigest},
    {"DeleteExpiredRequest.operation_id", kId},
    {"DiagnoseRequest.gateway", kName},
    {"DiffBegin.database", kName},
    {"DiffBegin.engine_version", kVersion},
    {"DiffBegin.gateway", kName},
    {"DiffBegin.rebuild", kNames},
    {"DiffBegin.renames", kPieces},
    {"DiffEnvironmentsRequest.from", kName},
    {"DiffEnvironmentsRequest.gateway", kName},
    {"DiffEnvironmentsRequest.page_token", kPageToken},
    {"DiffEnvironmentsRequest.to", kName},
    {"DowngradeBegin.target", kName},
    {"ExportRequest.environments", kNames},
    {"ExportRequest.gateway", kName},
    {"ExportRequest.restore_point_id", kId},
    {"ExtensionRequest.containing_type", kName},
    {"FindExpiredRequest.environment", kName},
    {"FindExpiredRequest.gateway", kName},
    {"GenerateBegin.database", kName},
    {"GenerateBegin.gateway", kName},
    {"GetEnvironmentRequest.gateway", kName},
    {"GetEnvironmentRequest.name", kName},
    {"GetOperationRequest.gateway", kName},
    {"GetOperationRequest.id", kId},
    {"GetSnapshotRequest.gateway", kName},
    {"GetSnapshotRequest.identifier", kId},
    {"GetSnapshotRequest.name", kName},
    {"GetStatsRequest.gateway", kName},
    {"GetVersionsRequest.gateway", kName},
    {"ImportBegin.file_timestamp", kVersion},
    {"ImportBegin.gateway", kName},
    {"ImportBegin.if_unchanged_since", kDigest},
    {"ImportBegin.operation_id", kId},
    {"ImportCommit.checksum", kDigest},
    {"InspectRequest.database", kName},
    {"InspectRequest.gateway", kName},
    {"ListAppliedRevisionsRequest.page_token", kPageToken},
    {"ListAuditRequest.gateway", kName},
    {"ListAuditRequest.operation_id", kId},
    {"ListAuditRequest.page_token", kPageToken},
    {"ListEnvironmentSnapshotsRequest.environment", kName},
    {"ListEnvironmentSnapshotsRequest.gateway", kName},
    {"ListEnvironmentSnapshotsRequest.page_token", kPageToken},
    {"ListEnvironmentsRequest.gateway", kName},
    {"ListEnvironmentsRequest.page_token", kPageToken},
    {"ListOperationsRequest.gateway", kName},
    {"ListOperationsRequest.page_token", kPageToken},
    {"ListRestorePointsRequest.gateway", kName},
    {"ListRestorePointsRequest.page_token", kPageToken},
    {"ListRunStatementsRequest.page_token", kPageToken},
    {"ListRunningRequest.gateway", kName},
    {"ListRunsRequest.page_token", kPageToken},
    {"ListRunsRequest.revision", kName},
    {"ListSnapshotsRequest.environment", kName},
    {"ListSnapshotsRequest.gateway", kName},
    {"ListSnapshotsRequest.name_glob", kGlob},
    {"ListSnapshotsRequest.page_token", kPageToken},
    {"MigrateFileBegin.gateway", kName},
    {"MigrateFileBegin.to", kVersion},
    {"MigrateRequest.gateway", kName},
    {"MigrateRequest.if_unchanged_since", kDigest},
    {"MigrateRequest.operation_id", kId},
    {"MigrateRequest.to", kVersion},
    {"ParseBegin.database", kName},
    {"ParseBegin.gateway", kName},
    {"Record.identifier", kId},
    {"Record.json", kElsewhere},
    {"Record.name", kName},
    {"RecordBatch.records", kRecords},
    {"RestoreRequest.gateway", kName},
    {"RestoreRequest.id", kId},
    {"RestoreRequest.operation_id", kId},
    {"RevisionFile.name", kName},
    {"RevisionFile.text", kContent},
    {"RollbackRequest.gateway", kName},
    {"RollbackRequest.operation_id", kId},
    {"RunOptions.operation_id", kId},
    {"RunOptions.plan_digest", kDigest},
    {"SchemaFile.name", kName},
    {"SchemaFile.text", kContent},
    {"SchemaFilter.exclude", kGlobs},
    {"SchemaFilter.include", kGlobs},
    {"SchemaRename.new_name", kName},
    {"SchemaRename.old_name", kName},
    {"SchemaRename.table", kName},
    {"ServerReflectionRequest.all_extension_numbers_of_type", kName},
    {"ServerReflectionRequest.file_by_filename", kName},
    {"ServerReflectionRequest.file_containing_symbol", kName},
    {"ServerReflectionRequest.host", kName},
    {"ServerReflectionRequest.list_services", kName},
    {"StampBegin.operation_id", kId},
    {"StampBegin.targets", kNames},
    {"UpgradeBegin.target", kName},
    {"VersionTable.PropertiesEntry.key", kName},
    {"VersionTable.PropertiesEntry.value", kName},
    {"VersionTable.properties", kProperties},
    {"Versions.sqlglot_version", kVersion},
    {"Versions.sqlmesh_version", kVersion},
    {"WaitOperationRequest.gateway", kName},
    {"WaitOperationRequest.id", kId},
    {"WarehouseScope.database", kName},
    {"WarehouseScope.gateway", kName},
};
// clang-format on

// Returns a row for each text, bytes and repeated field of each request. A test compares the rows
// with the protocol; request_limits.h describes the check.
std::span<const FieldRow> RequestFields() { return kFields; }

// Violation is a problem of a request.
struct Violation {
  std::string field;  // path in the request: "begin.versions.sqlmesh_version"
  std::string what;
  std::string_view why;
};
using MaybeViolation = std::unique_ptr<Violation>;

MaybeViolation TooLong(std::string_view field, size_t bytes, size_t limit) {
  return std::make_unique<Violation>(Violation{
      std::string(field), Cat("has ", bytes, " bytes; the limit is ", limit), "too_large"});
}

MaybeViolation TooMany(std::string_view field, size_t values, size_t limit) {
  return std::make_unique<Violation>(Violation{
      std::string(field), Cat("has ", values, " values; the limit is ", limit), "too_large"});
}

MaybeViolation CheckValue(std::string_view field, std::string_view value, size_t limit) {
  if (value.size() > limit) return TooLong(field, value.size(), limit);
  if (value.find('\0') == std::string_view::npos) return nullptr;
  return std::make_unique<Violation>(Violation{
      std::string(field), "holds a NUL character, which PostgreSQL cannot store", "not_text"});
}

// MessageLimits holds the limits of one message type in a form that is ready for checks.
class MessageLimits {
 public:
  struct Field {
    const FieldDescriptor* descriptor;
    FieldLimit limit;
    const MessageLimits* message;  // set for fields that hold messages
  };
  std::vector<Field> fields;

  MaybeViolation Check(const Message& message) const {
    const auto& reflection = *message.GetReflection();
    for (const Field& field : fields) {
      if (MaybeViolation found = CheckField(message, reflection, field)) return found;
    }
    return nullptr;
  }

 private:
  static MaybeViolation CheckField(const Message& message,
                                   const google::protobuf::Reflection& reflection,
                                   const Field& field) {
    if (field.descriptor->is_repeated()) return CheckRepeated(message, reflection, field);
    if (field.message == nullptr) {
      std::string unused;
      return CheckValue(field.descriptor->name(),
                        reflection.GetStringReference(message, field.descriptor, &unused),
                        field.limit.bytes);
    }
    if (!reflection.HasField(message, field.descriptor)) return nullptr;
    return Within(field, field.message->Check(reflection.GetMessage(message, field.descriptor)));
  }

  static MaybeViolation CheckRepeated(const Message& message,
                                      const google::protobuf::Reflection& reflection,
                                      const Field& field) {
    const auto count = static_cast<size_t>(reflection.FieldSize(message, field.descriptor));
    if (count > field.limit.values) {
      return TooMany(field.descriptor->name(), count, field.limit.values);
    }
    for (size_t i = 0; i < count; ++i) {
      MaybeViolation found = CheckElement(message, reflection, field, static_cast<int>(i));
      if (found != nullptr) return found;
    }
    return nullptr;
  }

  static MaybeViolation CheckElement(const Message& message,
                                     const google::protobuf::Reflection& reflection,
                                     const Field& field, int index) {
    if (field.message != nullptr) {
      const Message& element = reflection.GetRepeatedMessage(message, field.descriptor, index);
      return Within(field, field.message->Check(element));
    }
    std::string unused;
    return CheckValue(
        field.descriptor->name(),
        reflection.GetRepeatedStringReference(message, field.descriptor, index, &unused),
        field.limit.bytes);
  }

  static MaybeViolation Within(const Field& field, MaybeViolation found) {
    if (found != nullptr) found->field = Cat(field.descriptor->name(), ".", found->field);
    return found;
  }
};

// Messages with a state contain thousands of records, so they are checked without reflection.
MaybeViolation CheckRecords(const v1::RecordBatch& batch) {
  const auto count = static_cast<size_t>(batch.records_size());
  if (count > kRecords.values) return TooMany("records.records", count, kRecords.values);
  for (const v1::Record& record : batch.records()) {
    MaybeViolation found = CheckValue("records.records.name", record.name(), kName.bytes);
    if (found == nullptr) {
      found = CheckValue("records.records.identifier", record.identifier(), kId.bytes);
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

// RequestLimits holds the limits of every message in a request, built from the table once.
class RequestLimits {
 public:
  RequestLimits() {
    for (const FieldRow& row : RequestFields()) rows_.emplace(row.field, row.limit);
    for (const auto* file :
         {v1::ImportRequest::descriptor()->file(), v1::RestoreRequest::descriptor()->file(),
          v1::CompactRequest::descriptor()->file(), v1::DiffRequest::descriptor()->file(),
          v1::StampRequest::descriptor()->file(),
          grpc::reflection::v1::ServerReflectionRequest::descriptor()->file(),
          grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file()}) {
      for (int s = 0; s < file->service_count(); ++s) {
        for (int m = 0; m < file->service(s)->method_count(); ++m) {
          Add(file->service(s)->method(m)->input_type());
        }
      }
    }
    for (const auto& [name, limit] : rows_) out_of_table_.emplace_back(name);
  }

  const MessageLimits* Find(const Descriptor* type) const {
    auto found = messages_.find(type);
    return found == messages_.end() ? nullptr : found->second.get();
  }

  const std::vector<std::string>& out_of_table() const { return out_of_table_; }

 private:
  const MessageLimits* Add(const Descriptor* type) {
    auto [at, added] = messages_.try_emplace(type, std::make_unique<MessageLimits>());
    MessageLimits* limits = at->second.get();
    if (!added) return limits;
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      bool text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
      bool message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
      FieldLimit limit{0};
      if (text || field->is_repeated()) limit = LimitOf(*field);
      if (!text && !message && !field->is_repeated()) continue;
      limits->fields.push_back({field, limit, message ? Add(field->message_type()) : nullptr});
    }
    return limits;
  }

  FieldLimit LimitOf(const FieldDescriptor& field) {
    std::string name = field.full_name().substr(field.file()->package().size() + 1);
    // Both versions of reflection have messages with the same names.
    if (auto again = used_.find(name); again != used_.end()) return again->second;
    auto found = rows_.find(name);
    if (found == rows_.end()) {
      out_of_table_.push_back(name);
      return FieldLimit{0, 0};
    }
    FieldLimit limit = found->second;
    used_.insert(rows_.extract(found));
    return limit;
  }

  std::map<std::string, FieldLimit, std::less<>> rows_;  // rows not used yet
  std::map<std::string, FieldLimit, std::less<>> used_;
  std::unordered_map<const Descriptor*, std::unique_ptr<MessageLimits>> messages_;
  std::vector<std::string> out_of_table_;
};

const RequestLimits& Limits() {
  static const RequestLimits limits;
  return limits;
}

MaybeViolation Check(const Message& request) {
  const v1::RecordBatch* records = nullptr;
  if (request.GetDescriptor() == v1::ImportRequest::descriptor()) {
    const auto& message = static_cast<const v1::ImportRequest&>(request);
    if (message.has_records()) records = &message.records();
  } else if (request.GetDescriptor() == v1::MigrateStateFileRequest::descriptor()) {
    const auto& message = static_cast<const v1::MigrateStateFileRequest&>(request);
    if (message.has_records()) records = &message.records();
  }
  if (records != nullptr) return CheckRecords(*records);
  const MessageLimits* limits = Limits().Find(request.GetDescriptor());
  return limits == nullptr ? nullptr : limits->Check(request);
}

constexpr char kWhy[] = "refused";

}  // namespace

absl::Status CheckRequest(const Message& request) {
  MaybeViolation found = Check(request);
  if (found == nullptr) return absl::OkStatus();
  return Error(Reason::ARGUMENT_INVALID, Cat("Field '", found->field, "' ", found->what, "."),
               "docs/security.md lists the limits of requests.",
               {{"field", found->field}, {kWhy, std::string(found->why)}});
}

std::string_view WhyRefused(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return "";
  for (const auto& [key, value] : FactsOf(status)) {
    if (key != kWhy) continue;
    return value == "not_text" ? "not_text" : "too_large";
  }
  return "";
}

std::vector<std::string> FieldsOutOfTable() { return Limits().out_of_table(); }

}  // namespace stateserver::rpc
