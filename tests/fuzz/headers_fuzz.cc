// SPDX-License-Identifier: Apache-2.0
//
// A text as each of the headers of a call that the server itself reads: `traceparent`, and those of
// a proxy.
#include <string>

#include "common/network_address.h"
#include "common/trace_parent.h"
#include "common/uuid.h"
#include "server/rpc/transport/proxied_caller.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using stateserver::fuzz::Check;
  std::string_view text = stateserver::fuzz::TextOf(data, size);
  std::string trace = stateserver::TraceIdOf(text);
  if (!trace.empty()) {
    Check(trace.size() == 32 && trace.find_first_not_of("0123456789abcdef") == trace.npos);
    Check(text.find(trace) == 3);
    Check(stateserver::TraceIdOf(stateserver::NewTraceParent(trace)) == trace);
  }
  std::string peer = stateserver::transport::ProxiedPeer(text);
  if (peer != "unknown") {
    // Nothing but an address reaches logs and limits.
    Check(peer.find_first_not_of("0123456789abcdefABCDEF.:[]") == peer.npos);
    Check(stateserver::transport::ProxiedPeer(peer) == peer);
    Check(!stateserver::AddressGroup(peer).empty());
  }
  for (const std::string& name : stateserver::transport::ProxiedNames(text)) Check(!name.empty());
  stateserver::IsUuid(text);
  return 0;
}
