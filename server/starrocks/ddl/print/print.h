// SPDX-License-Identifier: Apache-2.0
//
// Writes objects as SQL.
#pragma once

#include <string>

#include "server/starrocks/ddl/model/object.h"

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

}  // namespace stateserver::schema
