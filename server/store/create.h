// State tables in an empty database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/postgres/session.h"
#include "server/store/layout.h"

namespace stateserver::store {

// The versions `--to RELEASE` means: the newest known for "" or a release of
// its schema and sqlglot (ARGUMENT_INVALID otherwise, with the list).
absl::StatusOr<Versions> VersionsOfRelease(std::string_view release);

// Creates schema (where missing), tables, indexes and the `_versions` row. The
// session is in a transaction.
absl::Status CreateState(postgres::Session& session, std::string_view schema,
                         const Versions& versions);

}  // namespace stateserver::store
