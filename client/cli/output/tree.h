// SPDX-License-Identifier: Apache-2.0
//
// A heading with one level of branches, as SQLMesh prints connections and files.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace stateserver::client {

// TITLE:
// ├── first
// └── last
void PrintTree(std::ostream& out, std::string_view title, const std::vector<std::string>& leaves);

}  // namespace stateserver::client
