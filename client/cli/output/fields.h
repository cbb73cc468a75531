// SPDX-License-Identifier: Apache-2.0
//
// "Name:   value" lines, the values aligned.
#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace stateserver::client {

using FieldList = std::vector<std::pair<std::string, std::string>>;

// An empty value is shown as "-".
void PrintFields(std::ostream& out, const FieldList& fields);

}  // namespace stateserver::client
