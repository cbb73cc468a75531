// SPDX-License-Identifier: Apache-2.0
//
// The driver's side of Result.
#pragma once

#include <pqxx/result>

#include "server/platform/postgres/session.h"

namespace stateserver::postgres {

struct Result::Impl {
  explicit Impl(const pqxx::result& result) : rows(result) {}  // shares them
  pqxx::result rows;
};

}  // namespace stateserver::postgres
