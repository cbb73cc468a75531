#include "common/error.h"

#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace stateserver {
namespace {

// Payloads are "key\0value\0" pairs: the reason and hint under names that no
// fact can have.
constexpr char kPayloadUrl[] = "stateserver/error";
constexpr char kReasonKey[] = "$reason";
constexpr char kHintKey[] = "$hint";

std::string Encode(const Facts& facts) {
  std::string out;
  for (const auto& [key, value] : facts) {
    out.append(key).push_back('\0');
    // A NUL inside a value would split it; names from damaged files may hold one.
    for (char c : value) out.push_back(c == '\0' ? ' ' : c);
    out.push_back('\0');
  }
  return out;
}

Facts Decode(const absl::Status& status) {
  Facts facts;
  auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return facts;
  std::string text(*payload);
  size_t at = 0;
  while (at < text.size()) {
    size_t key_end = text.find('\0', at);
    size_t value_end = text.find('\0', key_end + 1);
    if (key_end == std::string::npos || value_end == std::string::npos) break;
    facts.emplace(text.substr(at, key_end - at), text.substr(key_end + 1, value_end - key_end - 1));
    at = value_end + 1;
  }
  return facts;
}

absl::Status Make(absl::StatusCode code, std::string_view message, const Facts& facts) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(facts)));
  return status;
}

std::optional<Reason> ParseReason(std::string_view name) {
#define X(reason) \
  if (name == #reason) return Reason::reason;
  STATESERVER_REASONS(X)
#undef X
  return std::nullopt;
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  switch (reason) {
#define X(name)      \
  case Reason::name: \
    return #name;
    STATESERVER_REASONS(X)
#undef X
  }
  return "INTERNAL";
}

absl::StatusCode CodeOf(Reason reason) {
  using absl::StatusCode;
  switch (reason) {
    case Reason::ARGUMENT_INVALID:
    case Reason::FILE_MALFORMED:
    case Reason::FILE_TRUNCATED:
    case Reason::RECORD_INVALID:
    case Reason::RECORD_DUPLICATE:
    case Reason::IDENTIFIER_MISMATCH:
    case Reason::STREAM_OUT_OF_ORDER:
    case Reason::SCHEMA_INVALID:
    case Reason::REVISION_INVALID:
      return StatusCode::kInvalidArgument;
    case Reason::GATEWAY_NOT_FOUND:
    case Reason::ENVIRONMENT_NOT_FOUND:
    case Reason::SNAPSHOT_NOT_FOUND:
    case Reason::OPERATION_NOT_FOUND:
    case Reason::RESTORE_POINT_NOT_FOUND:
    case Reason::WAREHOUSE_DATABASE_NOT_FOUND:
    case Reason::REVISION_NOT_FOUND:
      return StatusCode::kNotFound;
    case Reason::DATABASE_UNREACHABLE:
    case Reason::DATABASE_LOST:
    case Reason::WAREHOUSE_UNREACHABLE:
    case Reason::WAREHOUSE_LOST:
    case Reason::SHUTTING_DOWN:
      return StatusCode::kUnavailable;
    case Reason::DATABASE_FULL:
    case Reason::RECORD_TOO_LARGE:
    case Reason::OVERLOADED:
    case Reason::THROTTLED:
      return StatusCode::kResourceExhausted;
    case Reason::PERMISSION_MISSING:
    case Reason::NOT_MIGRATED:
    case Reason::STATE_BEHIND:
    case Reason::STATE_AHEAD:
    case Reason::STATE_TOO_OLD:
    case Reason::VERSION_MISMATCH:
    case Reason::STATE_CHANGED:
    case Reason::FILE_NOT_IMPORTABLE:
    case Reason::FILE_VERSION_UNSUPPORTED:
    case Reason::DANGLING_REFERENCE:
    case Reason::RESTORE_POINT_INCOMPATIBLE:
    case Reason::FINGERPRINTS_UNSUPPORTED:
    case Reason::DEPENDENT_OBJECTS:
    case Reason::BACKUP_MISSING:
    case Reason::WORKER_FAILED:
    case Reason::PYTHON_NEEDED:
    case Reason::WAREHOUSE_MISSING:
    case Reason::REPAIR_NEEDED:
    case Reason::STATEMENT_FAILED:
    case Reason::PLAN_CHANGED:
    case Reason::VERSION_TABLE_DIFFERS:
    case Reason::NOT_AT_HEAD:
    case Reason::REVISION_IRREVERSIBLE:
    case Reason::REVISION_CHANGED:
    case Reason::WAREHOUSE_UNREADABLE:
    case Reason::POOLER_UNSAFE:
      return StatusCode::kFailedPrecondition;
    case Reason::STATE_CORRUPT:
    case Reason::CHECKSUM_MISMATCH:
      return StatusCode::kDataLoss;
    case Reason::COMMIT_IN_DOUBT:
      return StatusCode::kUnknown;
    case Reason::LOCK_TIMEOUT:
    case Reason::WAREHOUSE_LOCK_LOST:
    case Reason::WAREHOUSE_LOCKED:
    case Reason::OPERATION_RUNNING:
      return StatusCode::kAborted;
    case Reason::OPERATION_ID_REUSED:
      return StatusCode::kAlreadyExists;
    case Reason::UNAUTHENTICATED:
      return StatusCode::kUnauthenticated;
    case Reason::ROLE_MISSING:
      return StatusCode::kPermissionDenied;
    case Reason::CANCELLED:
      return StatusCode::kCancelled;
    case Reason::DEADLINE_EXCEEDED:
    case Reason::STATEMENT_UNFINISHED:
    case Reason::STREAM_STALLED:
      return StatusCode::kDeadlineExceeded;
    case Reason::DATABASE_ERROR:
    case Reason::WAREHOUSE_ERROR:
    case Reason::INTERNAL:
      return StatusCode::kInternal;
  }
  return StatusCode::kInternal;
}

absl::Status Error(Reason reason, std::string_view message, std::string_view hint, Facts facts) {
  facts[kReasonKey] = std::string(ReasonName(reason));
  if (!hint.empty()) facts[kHintKey] = std::string(hint);
  return Make(CodeOf(reason), message, facts);
}

Reason ReasonOf(const absl::Status& status) {
  Facts facts = Decode(status);
  auto found = facts.find(kReasonKey);
  if (found != facts.end()) return ParseReason(found->second).value_or(Reason::INTERNAL);
  if (status.code() == absl::StatusCode::kCancelled) return Reason::CANCELLED;
  if (status.code() == absl::StatusCode::kDeadlineExceeded) return Reason::DEADLINE_EXCEEDED;
  return Reason::INTERNAL;
}

std::string HintOf(const absl::Status& status) {
  Facts facts = Decode(status);
  auto found = facts.find(kHintKey);
  return found == facts.end() ? "" : found->second;
}

Facts FactsOf(const absl::Status& status) {
  Facts facts = Decode(status);
  facts.erase(kReasonKey);
  facts.erase(kHintKey);
  return facts;
}

absl::Status WithPrefix(std::string_view prefix, const absl::Status& status) {
  if (status.ok()) return status;
  std::string message(prefix);
  message.append(status.message().data(), status.message().size());
  absl::Status out(status.code(), message);
  if (auto payload = status.GetPayload(kPayloadUrl)) out.SetPayload(kPayloadUrl, *payload);
  return out;
}

absl::Status WithSuffix(const absl::Status& status, std::string_view suffix) {
  if (status.ok()) return status;
  std::string message(status.message().data(), status.message().size());
  message.append(suffix);
  absl::Status out(status.code(), message);
  if (auto payload = status.GetPayload(kPayloadUrl)) out.SetPayload(kPayloadUrl, *payload);
  return out;
}

absl::Status WithReason(const absl::Status& status, Reason reason) {
  if (status.ok()) return status;
  return Error(reason, std::string_view(status.message().data(), status.message().size()),
               HintOf(status), FactsOf(status));
}

absl::Status WithFact(const absl::Status& status, std::string_view key, std::string_view value) {
  if (status.ok()) return status;
  Facts facts = Decode(status);
  if (facts.empty()) facts[kReasonKey] = std::string(ReasonName(ReasonOf(status)));
  facts[std::string(key)] = std::string(value);
  return Make(status.code(), std::string_view(status.message().data(), status.message().size()),
              facts);
}

}  // namespace stateserver
