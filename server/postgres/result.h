// The driver's side of Result.
#pragma once

#include <pqxx/result>
#include <utility>

#include "server/postgres/session.h"

namespace stateserver::postgres {

struct Result::Impl {
  explicit Impl(pqxx::result result) : rows(std::move(result)) {}
  pqxx::result rows;
};

}  // namespace stateserver::postgres
