// SPDX-License-Identifier: Apache-2.0
//
// What the steps do to the tables' definitions.
#pragma once

#include <string>
#include <string_view>

namespace stateserver::migrations {

// The statements of a step; empty where it changes no table.
std::string DefinitionSql(int number, std::string_view schema);

}  // namespace stateserver::migrations
