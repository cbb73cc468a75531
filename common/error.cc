// SPDX-License-Identifier: Apache-2.0

#include "common/error.h"

#include <iterator>
#include <optional>

#include "absl/strings/cord.h"

namespace stateserver {
namespace {

// Payloads are "key\0value\0" pairs. The reason and the hint have keys that no fact can have.
constexpr char kPayloadUrl[] = "stateserver/error";
constexpr char kReasonKey[] = "$reason";
constexpr char kHintKey[] = "$hint";

std::string Encode(const Facts& facts) {
  std::string out;
  for (const auto& [key, value] : facts) {
    out.append(key).push_back('\0');
    // A NUL inside a value would split it; names from damaged files may contain one.
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

struct ReasonCode {
  std::string_view name;
  absl::StatusCode code;
};

// The codes in the order of the enum.
constexpr ReasonCode kReasonCodes[] = {
#define X(name, code) {#name, absl::StatusCode::code},
    STATESERVER_REASONS(X)
#undef X
};

const ReasonCode& ReasonCodeOf(Reason reason) { return kReasonCodes[static_cast<size_t>(reason)]; }

}  // namespace

std::string_view ReasonName(Reason reason) { return ReasonCodeOf(reason).name; }

absl::StatusCode CodeOf(Reason reason) { return ReasonCodeOf(reason).code; }

std::optional<Reason> ParseReason(std::string_view name) {
  for (size_t i = 0; i < std::size(kReasonCodes); ++i) {
    if (kReasonCodes[i].name == name) return static_cast<Reason>(i);
  }
  return std::nullopt;
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
  message.append(MessageOf(status));
  absl::Status out(status.code(), message);
  if (auto payload = status.GetPayload(kPayloadUrl)) out.SetPayload(kPayloadUrl, *payload);
  return out;
}

absl::Status WithSuffix(const absl::Status& status, std::string_view suffix) {
  if (status.ok()) return status;
  std::string message(MessageOf(status));
  message.append(suffix);
  absl::Status out(status.code(), message);
  if (auto payload = status.GetPayload(kPayloadUrl)) out.SetPayload(kPayloadUrl, *payload);
  return out;
}

absl::Status WithReason(const absl::Status& status, Reason reason) {
  if (status.ok()) return status;
  return Error(reason, MessageOf(status), HintOf(status), FactsOf(status));
}

absl::Status WithFact(const absl::Status& status, std::string_view key, std::string_view value) {
  if (status.ok()) return status;
  Facts facts = Decode(status);
  if (facts.empty()) facts[kReasonKey] = std::string(ReasonName(ReasonOf(status)));
  facts[std::string(key)] = std::string(value);
  return Make(status.code(), MessageOf(status), facts);
}

}  // namespace stateserver
