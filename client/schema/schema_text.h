// SPDX-License-Identifier: Apache-2.0
//
// A text with the name of its file.
#pragma once

#include <cstddef>
#include <string>

namespace stateserver::client {

// Maximum size of a schema or revision file that is read; the server accepts no more in one call.
inline constexpr size_t kMaxSchemaBytes = size_t{64} << 20;

struct SchemaText {
  std::string name;  // name in messages
  std::string text;
};

}  // namespace stateserver::client
