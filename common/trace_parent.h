// SPDX-License-Identifier: Apache-2.0
//
// The W3C header `traceparent`, which identifies a call's trace.
#pragma once

#include <string>
#include <string_view>

namespace stateserver {

// Returns the trace id of a `traceparent` value, 32 lower-case hex digits; "" if the value is
// malformed or the id is all zeros.
std::string TraceIdOf(std::string_view traceparent);

// Returns "00-TRACE-SPAN-01" with a new span. The trace is `trace_id`, or new if it is empty.
std::string NewTraceParent(std::string_view trace_id = "");

}  // namespace stateserver
