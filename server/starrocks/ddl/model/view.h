// SPDX-License-Identifier: Apache-2.0
//
// Views and materialized views.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/starrocks/ddl/model/table.h"

namespace stateserver::schema {

struct ViewColumn {
  std::string name;
  std::string comment;

  bool operator==(const ViewColumn&) const = default;
};

struct View {
  std::vector<ViewColumn> columns;  // empty: those of the query
  std::string comment;
  std::string security;  // NONE or INVOKER; empty: not said
  std::string query;     // as written, without white space and comments around it

  bool operator==(const View&) const = default;
};

struct Refresh {
  enum class Moment { kNotSaid, kImmediate, kDeferred };
  enum class Mode { kAsync, kManual, kIncremental };
  Moment moment = Moment::kNotSaid;
  Mode mode = Mode::kAsync;  // SCHEDULE is kAsync
  std::string start;         // the text of START; empty: none
  std::string every;         // "INTERVAL 2 HOUR"; empty: none

  bool operator==(const Refresh&) const = default;
};

struct MaterializedView {
  std::vector<ViewColumn> columns;
  std::string comment;
  std::optional<Partitioning> partitioning;  // kExpression
  std::optional<Distribution> distribution;
  std::vector<std::string> order_by;
  // Absent where the statement has none of REFRESH, PARTITION, DISTRIBUTED and
  // ORDER BY: then the engine makes a synchronous one, a rollup of its table.
  std::optional<Refresh> refresh;
  Properties properties;
  std::string query;

  bool synchronous() const {
    return !refresh && !partitioning && !distribution && order_by.empty();
  }
  bool operator==(const MaterializedView&) const = default;
};

}  // namespace stateserver::schema
