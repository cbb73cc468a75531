// SPDX-License-Identifier: Apache-2.0

#include "client/cli/output/fields.h"

#include <algorithm>

#include "client/cli/output/table.h"

namespace stateserver::client {

void PrintFields(std::ostream& out, const FieldList& fields) {
  size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, DisplayWidth(name));
  for (const auto& [name, value] : fields) {
    out << name << ':' << std::string(width - DisplayWidth(name) + 2, ' ')
        << (value.empty() ? "-" : Printable(value)) << '\n';
  }
}

}  // namespace stateserver::client
