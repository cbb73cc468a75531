// SPDX-License-Identifier: Apache-2.0
//
// The names that SQLMesh (0.236.4) knows in a gateways block.
#pragma once

#include <set>
#include <string>

namespace stateserver::config {

// Values of `type` in a connection.
const std::set<std::string>& SqlmeshConnectionTypes();
// Keys of every connection that have no effect outside SQLMesh.
const std::set<std::string>& SqlmeshCommonConnectionKeys();
// Keys of a gateway that have no effect outside SQLMesh.
const std::set<std::string>& SqlmeshUnusedGatewayKeys();
// Keys of SQLMesh's config.yaml beside `gateways` and `default_gateway`.
const std::set<std::string>& SqlmeshTopLevelKeys();

}  // namespace stateserver::config
