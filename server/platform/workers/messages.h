// SPDX-License-Identifier: Apache-2.0
//
// The lines that server and worker exchange; docs/workers.md describes them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "simdjson.h"

namespace stateserver::workers {

inline constexpr int kProtocol = 1;

struct Hello {
  std::string role;
  std::string fatal;  // the worker's sentence where it cannot work
  std::string wrong;  // why this is no hello; empty when it is one
};
Hello ParseHello(const std::string& line);

// {"id":N,"items":[…]}: Begin, the items with ',' between them, End.
std::string BeginRequest(uint64_t id);
void EndRequest(std::string* request);

using TakeAnswer = std::function<absl::Status(size_t index, simdjson::dom::element answer)>;

// Checks the answer to request `id` of `count` items and hands out its elements. ARGUMENT_INVALID
// with a phrase for a line that is no such answer; what `take` returns comes back as it is.
absl::Status ParseAnswer(const std::string& line, uint64_t id, size_t count,
                         const TakeAnswer& take);

// A member of an answer's element: a text, "" where absent. ARGUMENT_INVALID for another type.
absl::StatusOr<std::string> TextOf(simdjson::dom::element element, const char* key);

}  // namespace stateserver::workers
