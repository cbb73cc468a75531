// SPDX-License-Identifier: Apache-2.0
//
// Readers for the kinds of connection that this server uses. Each reads the whole section,
// including `type`, and reports every problem in it.
#pragma once

#include <vector>

#include "server/platform/config/auth.h"
#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// Reads all keys of SQLMesh's postgres connection, and libpq's sslrootcert, sslcert, sslkey and
// target_session_attrs. The port is optional (5432), and so is the password (libpq then reads
// ~/.pgpass).
StateConnection ReadPostgres(Section section);
// Reads a hot standby: the keys of ReadPostgres, and max_staleness. Missing keys default to those
// of `primary`; only `host` is required.
ReadReplica ReadStandby(Section section, const StateConnection& primary);
// Reads `path`, the only key. A relative path stays relative.
StateConnection ReadEmbedded(Section section);
// Reads all keys of SQLMesh's starrocks connection.
Warehouse ReadStarRocks(Section section);

// Reads the value of `gateways`. As in SQLMesh, names are compared without case, and a block that
// is itself a gateway is accepted as that gateway, named "default" here.
std::vector<Gateway> ReadGateways(Section section);

// Reads the section if it is present. Paths stay as written.
void ReadAuth(Section* top, Auth* out);

// Reads a mapping of gateways to roles, such as {prod: writer, "*": reader}. It must not be empty.
void ReadRoles(Section* section, const std::string& key, Roles* out);

}  // namespace stateserver::config
