// SPDX-License-Identifier: Apache-2.0
//
// The kinds of connection that this server uses. Each reads the whole section,
// `type` included, and reports what is wrong with it.
#pragma once

#include <vector>

#include "server/platform/config/auth.h"
#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// All keys of SQLMesh's postgres connection, and of libpq sslrootcert, sslcert,
// sslkey and target_session_attrs. The port may be left out (5432) and the
// password too (libpq then asks ~/.pgpass).
StateConnection ReadPostgres(Section section);
// A hot standby: as ReadPostgres, and max_staleness. Keys that are not given are
// those of `primary`; only `host` is needed.
ReadReplica ReadStandby(Section section, const StateConnection& primary);
// `path` only; a relative one stays relative.
StateConnection ReadEmbedded(Section section);
// All keys of SQLMesh's starrocks connection.
Warehouse ReadStarRocks(Section section);

// Reads the value of `gateways`. As in SQLMesh, names are taken without case,
// and a block that is itself one gateway is that one, here named "default".
std::vector<Gateway> ReadGateways(Section section);

// Reads the section, if it is there. Paths stay as written.
void ReadAuth(Section* top, Auth* out);

// A mapping of gateways to roles, as {prod: writer, "*": reader}; not empty.
void ReadRoles(Section* section, const std::string& key, Roles* out);

}  // namespace stateserver::config
