// SPDX-License-Identifier: Apache-2.0

#include "server/sqlmesh/migrations/steps/python_forms.h"

#include <algorithm>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/text.h"

namespace stateserver::migrations {
namespace {

// The oldest Python that the worker runs on.
constexpr int kOldestMinor = 9;

// Returns 12 for "3.12.1"; nullopt for another text.
std::optional<int> MinorOf(const std::string& release) {
  std::vector<std::string> numbers = absl::StrSplit(release, '.');
  int minor = 0;
  if (numbers.size() < 2 || !absl::SimpleAtoi(numbers[1], &minor)) return std::nullopt;
  return minor;
}

std::string_view Because(FormSource source) {
  switch (source) {
    case FormSource::kConfigured:
      return "the release that rewrite_python names";
    case FormSource::kState:
      return "the release that payloads of the state point to";
    case FormSource::kWorker:
      return "the release of the rewrite worker, because the state gives no hint of another";
  }
  return "";
}

// Returns true for the quote of an f-string; its prefix may be f, F, fr, rf and so on.
bool BeginsFString(std::string_view payload, size_t quote) {
  for (size_t back = 1; back <= 2 && back <= quote; ++back) {
    char c = absl::ascii_tolower(static_cast<unsigned char>(payload[quote - back]));
    if (c == 'f') return true;
    if (c != 'r') return false;
  }
  return false;
}

}  // namespace

std::string_view FormSourceName(FormSource source) {
  switch (source) {
    case FormSource::kConfigured:
      return "configured";
    case FormSource::kState:
      return "state";
    case FormSource::kWorker:
      return "worker";
  }
  return "";
}

void PythonForms::Add(const std::string& model, const std::string& name,
                      const workers::PayloadRewriter::Answer& answer) {
  if (release_.empty()) release_ = answer.release;
  if (!answer.varies) return;
  std::string label = Cat(model, ": ", name);
  if (!seen_.insert(std::hash<std::string>()(label)).second) return;
  if (answer.varies_in_series) ++varying_in_series_;
  if (names_.size() < kMaxNames) names_.push_back(std::move(label));
}

std::string PythonForms::Describe() const {
  if (seen_.empty()) return "";
  const bool one = varying() == 1;
  std::string out = Cat(
      "The text of ", varying(), one ? " Python definition" : " Python definitions",
      " depends on the release of Python; ", one ? "it is" : "they are", " written as Python ",
      release_, " prints ", one ? "it, " : "them, ", Because(source),
      ". If those who plan use another release, set rewrite_python of the gateway to theirs, or "
      "their next plan shows these models as changed.");
  if (varying_in_series_ > 0) {
    AppendTo(&out, " For ", varying_in_series_, " of them even the patch releases of ", release_,
             " differ, and the first one is assumed: name the patch release, too.");
  }
  return out;
}

bool MayTellRelease(std::string_view payload) {
  for (size_t i = 0; i < payload.size(); ++i) {
    char c = payload[i];
    if (static_cast<unsigned char>(c) >= 0x80) return true;
    if (c == '\\' && i + 1 < payload.size() && absl::ascii_tolower(payload[i + 1]) == 'u')
      return true;
    if ((c == '\'' || c == '"') && BeginsFString(payload, i)) return true;
  }
  return false;
}

void ReleaseEvidence::Add(const workers::PayloadRewriter::Evidence& evidence) {
  if (evidence.at_least) at_least_ = std::max(at_least_.value_or(0), *evidence.at_least);
  if (evidence.before) before_ = std::min(before_.value_or(*evidence.before), *evidence.before);
  worker_ = evidence.release;
}

std::string ReleaseEvidence::Release() const {
  std::optional<int> own = MinorOf(worker_);
  if (!own) return "";
  if (at_least_ && before_ && *at_least_ >= *before_) return "";
  if (at_least_ && *own < *at_least_) return Cat("3.", *at_least_);
  if (before_ && *own >= *before_ && *before_ > kOldestMinor) return Cat("3.", *before_ - 1);
  return "";
}

}  // namespace stateserver::migrations
