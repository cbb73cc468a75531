// SPDX-License-Identifier: Apache-2.0
//
// Reader of connections to PostgreSQL. Every function reports the problems in its section.
#pragma once

#include <optional>
#include <string>

#include "server/platform/config/config.h"
#include "server/platform/config/yaml/section.h"

namespace stateserver::config {

// SQLMesh's type of a connection to Cloud SQL.
inline constexpr char kGcpPostgres[] = "gcp_postgres";

// Reads `type`, and the keys of any connection that have no effect here.
void ReadCommonKeys(Section* section);

// Reads a text; null is absent.
void ReadOptional(Section* section, const std::string& key, std::optional<std::string>* out);

// Reads all keys of SQLMesh's postgres connection, libpq's sslrootcert, sslcert, sslkey and
// target_session_attrs, and password_command with its settings. The port is optional (5432), and so
// is the password (libpq then reads ~/.pgpass).
StateConnection ReadPostgres(Section section);

// Reads SQLMesh's gcp_postgres connection with an address of its own: `host`, and the other keys of
// ReadPostgres except that `db` names the database. The keys of Google's connector have no effect.
StateConnection ReadGcpPostgres(Section section);

// Returns what to add to a gcp_postgres connection without `host`.
std::string GcpPostgresHint(Section* section);

// Reads a hot standby: the keys of ReadPostgres, and max_staleness. Missing keys default to those
// of `primary`; only `host` is required.
ReadReplica ReadStandby(Section section, const StateConnection& primary);

}  // namespace stateserver::config
