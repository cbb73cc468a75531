// SPDX-License-Identifier: Apache-2.0
//
// Which columns have to move.
#pragma once

#include <string>
#include <vector>

namespace stateserver::schema {

// The names of `order` that stand where they are when the others move to make
// `wanted`, a permutation of it: as many as there can be, and of several such
// sets the one that begins first.
std::vector<std::string> Staying(const std::vector<std::string>& order,
                                 const std::vector<std::string>& wanted);

}  // namespace stateserver::schema
