// SPDX-License-Identifier: Apache-2.0
//
// Columns and types of SQLAlchemy models.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/starrocks/ddl/model/table.h"

namespace stateserver::schema {

// What a module imports, and what could not be said.
struct ModelNotes {
  std::set<std::string> types;  // of the dialect: "BIGINT"
  bool computed = false, text = false;
  std::vector<std::string> not_expressible;  // of the object that is being written
};

// "ARRAY(INTEGER())"; nothing for a type that the dialect does not have.
std::optional<std::string> ModelType(const DataType& type, ModelNotes* notes);

// The arguments of Column(…), with the name in front where `named`; nothing
// where the type cannot be said, which is noted.
std::optional<std::string> ModelColumn(const Table& table, const Column& column, bool named,
                                       ModelNotes* notes);

}  // namespace stateserver::schema
