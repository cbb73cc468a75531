// SPDX-License-Identifier: Apache-2.0
//
// The W3C header `traceparent`: which trace a call belongs to.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// The trace id in a `traceparent` value, 32 lower-case hex digits; empty where the
// value is not well-formed or the id is all zeros.
std::string TraceIdOf(std::string_view traceparent);

// "00-TRACE-SPAN-01" with a new span, and a new trace unless `trace_id` names one.
std::string NewTraceParent(std::string_view trace_id = "");

}  // namespace stateserver
