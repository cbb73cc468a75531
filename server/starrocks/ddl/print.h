// SPDX-License-Identifier: Apache-2.0
//
// Conversion of objects to SQL.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// Returns one CREATE statement without a semicolon. Equal objects give the same text, and parsing
// the text gives an equal object. Only attributes that the object sets are written; properties are
// sorted by name.
std::string Print(const Object& object);

std::string PrintType(const DataType& type);
std::string PrintColumn(const Column& column);
std::string PrintPartitioning(const Partitioning& partitioning);
std::string PrintDistribution(const Distribution& distribution);
std::string PrintName(const ObjectName& name);

// Returns `a`, `b`.
std::string PrintNames(const std::vector<std::string>& names);
// Returns "k" = "v", "l" = "w", separated by `between`.
std::string PrintPropertyList(const Properties& properties, std::string_view between);
// Returns "\nPROPERTIES (…)", or "".
std::string PrintPropertiesClause(const Properties& properties);

// Return "INDEX `i` (`a`) USING BITMAP", "PARTITION `p` VALUES …", and "`r` (`a`, `b`)".
std::string PrintIndex(const Index& index);
std::string PrintPartition(const Partition& partition);
std::string PrintRollup(const Rollup& rollup);

// Returns "REFRESH DEFERRED ASYNC EVERY (INTERVAL 2 HOUR)".
std::string PrintRefresh(const Refresh& refresh);

std::string PrintTable(const ObjectName& name, const Table& table);
std::string PrintView(const ObjectName& name, const View& view);
std::string PrintMaterializedView(const ObjectName& name, const MaterializedView& view);

}  // namespace stateserver::schema
