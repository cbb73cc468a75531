// SPDX-License-Identifier: Apache-2.0
//
// A text with the name of its file.
#pragma once

#include <string>

namespace stateserver::client {

struct SchemaText {
  std::string name;  // name in messages
  std::string text;
};

}  // namespace stateserver::client
