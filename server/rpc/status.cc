// SPDX-License-Identifier: Apache-2.0

#include "server/rpc/status.h"

#include <optional>

#include "absl/time/time.h"
#include "common/error.h"
#include "common/utf8.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace stateserver::rpc {
namespace {

// The message is percent-encoded, the details are base64-encoded (4/3).
constexpr size_t kMaxEncodedMessage = 2000;
constexpr size_t kMaxDetails = (kMaxErrorBytes - kMaxEncodedMessage) / 4 * 3;
constexpr size_t kShortestValue = 24;

std::string Cut(std::string_view text, size_t limit) {
  static constexpr std::string_view kMark = "…";
  if (text.size() <= limit) return std::string(text);
  std::string out(TruncateUtf8(text, limit - kMark.size()));
  return out.append(kMark);
}

size_t PercentEncodedSize(std::string_view text) {
  size_t size = 0;
  for (char c : text) size += (c >= ' ' && c <= '~' && c != '%') ? 1 : 3;
  return size;
}

std::string CutMessage(std::string_view message) {
  std::string text = ToValidUtf8(message);
  size_t limit = text.size();
  while (PercentEncodedSize(text) > kMaxEncodedMessage) {
    limit = limit * 9 / 10;
    text = Cut(text, limit);
  }
  return text;
}

std::optional<absl::Duration> RetryDelay(Reason reason) {
  switch (reason) {
    case Reason::LOCK_TIMEOUT:
    case Reason::OVERLOADED:
    case Reason::THROTTLED:
    case Reason::STREAM_STALLED:
      return absl::Seconds(5);
    case Reason::DATABASE_UNREACHABLE:
    case Reason::SHUTTING_DOWN:
      return absl::Seconds(1);
    default:
      return std::nullopt;
  }
}

google::rpc::ErrorInfo MakeErrorInfo(const absl::Status& status, std::string_view trace_id) {
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonText(status));
  info.set_domain(std::string(kErrorDomain));
  auto& metadata = *info.mutable_metadata();
  for (const auto& [key, value] : FactsOf(status)) metadata[ToValidUtf8(key)] = ToValidUtf8(value);
  if (std::string hint = HintOf(status); !hint.empty()) metadata["hint"] = ToValidUtf8(hint);
  if (!trace_id.empty()) metadata["trace_id"] = ToValidUtf8(trace_id);
  return info;
}

// Halves the longest value until all details fit.
void ShrinkTo(size_t limit, google::rpc::ErrorInfo* info) {
  auto& metadata = *info->mutable_metadata();
  while (info->ByteSizeLong() > limit) {
    auto longest = metadata.begin();
    for (auto it = metadata.begin(); it != metadata.end(); ++it) {
      if (it->second.size() > longest->second.size()) longest = it;
    }
    if (longest == metadata.end()) return;
    if (longest->second.size() > kShortestValue) {
      longest->second = Cut(longest->second, longest->second.size() / 2);
    } else {
      metadata.erase(longest);
    }
  }
}

google::rpc::Status MakeDetails(const absl::Status& status, const std::string& message,
                                std::string_view trace_id) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(message);
  google::rpc::ErrorInfo info = MakeErrorInfo(status, trace_id);
  // Half the space is always enough for the values that are repeated below.
  ShrinkTo(kMaxDetails / 2, &info);
  const auto& metadata = info.metadata();
  out.add_details()->PackFrom(info);
  if (auto field = metadata.find("field"); field != metadata.end()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(field->second);
    violation->set_description(Cut(message, 300));
    out.add_details()->PackFrom(bad_request);
  }
  if (auto delay = RetryDelay(ReasonOf(status))) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(*delay));
    out.add_details()->PackFrom(retry);
  }
  if (auto hint = metadata.find("hint"); hint != metadata.end()) {
    google::rpc::Help help;
    help.add_links()->set_description(hint->second);
    out.add_details()->PackFrom(help);
    // Repeats the hint of ErrorInfo, so it is removed first.
    if (out.ByteSizeLong() > kMaxDetails) out.mutable_details()->RemoveLast();
  }
  if (out.ByteSizeLong() > kMaxDetails) out.set_message(Cut(message, 200));
  return out;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view trace_id) {
  if (status.ok()) return grpc::Status::OK;
  std::string message = CutMessage(MessageOf(status));
  google::rpc::Status details = MakeDetails(status, message, trace_id);
  // The canonical codes have the same numbers in both.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      details.SerializeAsString());
}

std::string ReasonText(const absl::Status& status) {
  return status.ok() ? "" : std::string(ReasonName(ReasonOf(status)));
}

std::string CodeText(absl::StatusCode code) { return absl::StatusCodeToString(code); }

}  // namespace stateserver::rpc
