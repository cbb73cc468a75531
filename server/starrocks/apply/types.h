// SPDX-License-Identifier: Apache-2.0
//
// Column types as the engine spells and classifies them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/starrocks/ddl/schema.h"

namespace stateserver::apply {

using schema::DataType;

// Returns a type without lengths: "INT".
DataType ScalarType(std::string_view name);

// Returns "int(11)", as SHOW CREATE TABLE prints a type.
std::string ShownType(const DataType& type);
// Returns "INT" or "DECIMAL64(8,2)", as messages print a type.
std::string MessageType(const DataType& type);
std::string MessageType(const schema::Column& column);
// Returns a column as messages print it: `a` int(11) NULL COMMENT "".
std::string ShownColumn(const schema::Column& column);

bool IsInteger(const DataType& type);
bool IsString(const DataType& type);  // CHAR and VARCHAR
bool IsDate(const DataType& type);
bool IsNested(const DataType& type);  // ARRAY, MAP and STRUCT
// Returns true for BITMAP, HLL and PERCENTILE, which only aggregates can hold.
bool IsMetric(const DataType& type);
bool CanBeKey(const std::optional<DataType>& type);
bool CanBePrimaryKey(const std::optional<DataType>& type);
// Returns the bytes that a column takes in the index of an implied key.
int KeyBytes(const DataType& type);

// Returns true if values of both types have the same representation: CHAR and VARCHAR of any
// length, and DECIMAL of the same width.
bool SameStorage(const DataType& a, const DataType& b);

}  // namespace stateserver::apply
