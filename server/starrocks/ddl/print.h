// SPDX-License-Identifier: Apache-2.0
//
// Writes objects as SQL.
#pragma once

#include <string>
#include <vector>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::schema {

// One CREATE statement without a semicolon: the same text for equal objects,
// and parsing it gives an equal object. Only what the object says is written;
// properties stand in the order of their names.
std::string Print(const Object& object);

std::string PrintType(const DataType& type);
std::string PrintColumn(const Column& column);
std::string PrintPartitioning(const Partitioning& partitioning);
std::string PrintDistribution(const Distribution& distribution);
std::string PrintName(const ObjectName& name);

// `a`, `b`
std::string PrintNames(const std::vector<std::string>& names);
// "k" = "v", "l" = "w"
std::string PrintPropertyList(const Properties& properties, std::string_view between);
// "\nPROPERTIES (…)", or nothing.
std::string PrintPropertiesClause(const Properties& properties);

// "INDEX `i` (`a`) USING BITMAP", "PARTITION `p` VALUES …", "`r` (`a`, `b`)".
std::string PrintIndex(const Index& index);
std::string PrintPartition(const Partition& partition);
std::string PrintRollup(const Rollup& rollup);

// "REFRESH DEFERRED ASYNC EVERY (INTERVAL 2 HOUR)".
std::string PrintRefresh(const Refresh& refresh);

std::string PrintTable(const ObjectName& name, const Table& table);
std::string PrintView(const ObjectName& name, const View& view);
std::string PrintMaterializedView(const ObjectName& name, const MaterializedView& view);

}  // namespace stateserver::schema
