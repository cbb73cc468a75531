// SPDX-License-Identifier: Apache-2.0

#include "common/trace_parent.h"

#include <algorithm>

#include "common/uuid.h"

namespace stateserver {
namespace {

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string TraceIdOf(std::string_view traceparent) {
  constexpr size_t kLength = 55;  // 00-<32>-<16>-<2>
  if (traceparent.size() < kLength || traceparent[2] != '-' || traceparent[35] != '-') return "";
  std::string_view id = traceparent.substr(3, 32);
  if (!std::all_of(id.begin(), id.end(), IsLowerHex)) return "";
  if (id.find_first_not_of('0') == std::string_view::npos) return "";
  return std::string(id);
}

std::string NewTraceParent(std::string_view trace_id) {
  constexpr size_t kSpanLength = 16;
  std::string out = "00-";
  out.append(trace_id.empty() ? NewHexId() : std::string(trace_id));
  return out.append("-").append(NewHexId(), 0, kSpanLength).append("-01");
}

}  // namespace stateserver
