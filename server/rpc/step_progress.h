// Progress of an operation as messages of its stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stateserver::rpc {

// A callback that writes progress messages to a ServerWriter or
// ServerReaderWriter. A caller that went away is noticed elsewhere.
template <typename Response, typename Writer>
auto ProgressTo(Writer* writer) {
  return [writer](std::string_view step, int64_t done, int64_t total) {
    Response response;
    response.mutable_progress()->set_step(std::string(step));
    response.mutable_progress()->set_done(done);
    response.mutable_progress()->set_total(total);
    writer->Write(response);
  };
}

}  // namespace stateserver::rpc
