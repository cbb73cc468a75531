// SPDX-License-Identifier: Apache-2.0
//
// Names that the newest known SQLMesh accepts in a gateways block. scripts/follow-sqlmesh reports
// new ones.
#pragma once

#include <set>
#include <string>

namespace stateserver::config {

// Returns the values of `type` in a connection.
const std::set<std::string>& SqlmeshConnectionTypes();
// Returns the keys common to all connections that have no effect outside SQLMesh.
const std::set<std::string>& SqlmeshCommonConnectionKeys();
// Returns the keys of a gateway that have no effect outside SQLMesh.
const std::set<std::string>& SqlmeshUnusedGatewayKeys();
// Returns the keys of SQLMesh's config.yaml other than `gateways` and `default_gateway`.
const std::set<std::string>& SqlmeshTopLevelKeys();

}  // namespace stateserver::config
