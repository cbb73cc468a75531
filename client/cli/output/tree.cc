// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/tree.h"

namespace stateserver::client {

void PrintTree(std::ostream& out, std::string_view title, const std::vector<std::string>& leaves) {
  out << title << ":\n";
  for (size_t i = 0; i < leaves.size(); ++i) {
    out << (i + 1 < leaves.size() ? "├── " : "└── ") << leaves[i] << '\n';
  }
}

}  // namespace stateserver::client
