// SPDX-License-Identifier: Apache-2.0
//
// The parts of a comparison of tables, both in their normal form.
#pragma once

#include "server/starrocks/ddl/model/engine.h"
#include "server/starrocks/ddl/model/object.h"
#include "server/starrocks/diff/compare/comparison.h"

namespace stateserver::schema {

void CompareColumns(const Table& live, const Table& declared, Comparison* out);
void CompareIndexes(const Table& live, const Table& declared, Comparison* out);
void CompareRollups(const Table& live, const Table& declared, Comparison* out);
void ComparePartitioning(const Table& live, const Table& declared, Comparison* out);
void CompareProperties(const Table& live, const Table& declared, const Engine& engine,
                       Comparison* out);

}  // namespace stateserver::schema
