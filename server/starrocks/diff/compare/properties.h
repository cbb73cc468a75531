// SPDX-License-Identifier: Apache-2.0
//
// Properties of tables as the engine sees them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/ddl/model/object.h"

namespace stateserver::schema {

// What the engine makes of a table's properties: units and names in its own
// spelling, and without those that have their default.
Properties NormalProperties(const ObjectName& name, const Table& table, const Engine& engine);

// What a property is where nobody sets it; nothing for one that has no default,
// or none that is known.
std::optional<std::string> DefaultProperty(std::string_view key, const Table& table,
                                           const Engine& engine);

// Properties that the engine takes and does not print: they cannot be compared.
bool IsNeverPrinted(std::string_view key);

// What an index of that type has where its properties do not say it.
Properties NormalIndexProperties(const Index& index);

}  // namespace stateserver::schema
